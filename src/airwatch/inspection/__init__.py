"""What ``airwatch inspect`` tells of what lies in the catalog, without reading whole tables."""
