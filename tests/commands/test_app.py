def test_without_a_verb_the_verbs_are_listed(command):
    result = command()
    assert "sandbox" in result.output
    assert "Serve the simulated region" in result.output
