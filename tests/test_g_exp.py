import time, os, threading, subprocess, resource
import pytest, mlflow, logging
def go(airwatch, root, *c, n=1500):
    before=sorted(p for p in root.rglob("*"))
    t=time.time(); r=airwatch(*c)
    after=sorted(p for p in root.rglob("*"))
    print("##",c, round(time.time()-t,2), r.exit_code, "\n    ", r.output[-n:].strip(), type(r.exception),repr(r.exception)[:100], [str(p.relative_to(root)) for p in after if p not in before], mlflow.active_run())
P="area.site=99-001-0001,first_year=2021,as_of=2021-06-30,pollutants=pm25"
def test_x(airwatch, data_root, monkeypatch):
    go(airwatch, data_root, "run","--config","/tmp/aw/cfg.yml")
    go(airwatch, data_root, "run","--pipeline","nosuch")
    go(airwatch, data_root, "run","--pipeline","monitoring")
    go(airwatch, data_root, "run","--params","as_of=1985-06-30")
    go(airwatch, data_root, "run","--pipelines","ingestion","--params",P)
    go(airwatch, data_root, "run","--pipelines","feature_engineering","--params",P)
    # wrong table
    import pandas as pd
    f=data_root/"03_primary/daily_observations.parquet"
    good=f.read_bytes()
    pd.DataFrame({"a":[1]}).to_parquet(f)
    go(airwatch, data_root, "run","--pipelines","training","--params",P)
    d=pd.read_parquet(__import__("io").BytesIO(good)); pd.concat([d,d]).to_parquet(f)
    go(airwatch, data_root, "run","--pipelines","training","--params",P)
    f.write_bytes(good[:len(good)//2])
    go(airwatch, data_root, "run","--pipelines","training","--params",P)
    b=bytearray(good); b[200:600]=b"\0"*400; f.write_bytes(b)
    go(airwatch, data_root, "run","--pipelines","training","--params",P)
    f.write_bytes(b"")
    go(airwatch, data_root, "run","--pipelines","training","--params",P)
    f.unlink(); f.mkdir()
    go(airwatch, data_root, "run","--pipelines","training","--params",P)
    monkeypatch.setenv("AIRWATCH_DATA_ROOT","/proc/nowhere")
    go(airwatch, data_root, "run","--params",P)
    (data_root/"plain").write_text("")
    monkeypatch.setenv("AIRWATCH_DATA_ROOT",str(data_root/"plain"))
    go(airwatch, data_root, "run","--params",P)
    monkeypatch.setenv("AIRWATCH_DATA_ROOT",str(data_root))
    (data_root/"mlflow.db").write_bytes(b"garbage"*100)
    go(airwatch, data_root, "run","--params",P)
