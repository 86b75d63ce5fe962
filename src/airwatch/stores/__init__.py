"""Where things are kept: a folder of this machine, or a bucket on S3. Each is written whole, and known by a version."""
