"""Tables of a project as DataFrames, and what they mean: findings, risks, blockers, forecasts. Pure."""
