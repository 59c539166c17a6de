"""Dagster objects. Each asset calls one step; decisions are made further down."""
