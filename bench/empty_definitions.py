"""As many assets and checks as the product has, partitioned as its are, which do nothing: the share of Dagster."""

import dagster as dg

ASSETS = 9
CHECKS = 8

_projects = dg.StaticPartitionsDefinition(["OQC"])


def _asset(number: int) -> dg.AssetsDefinition:
    @dg.asset(name=f"empty_{number}", partitions_def=_projects, deps=[f"empty_{number - 1}"] if number else [])
    def empty() -> dg.MaterializeResult[None]:
        return dg.MaterializeResult(metadata={"seen": number})

    return empty


def _check(number: int) -> dg.AssetChecksDefinition:
    @dg.asset_check(name="fine", asset=f"empty_{number}")
    def fine() -> dg.AssetCheckResult:
        return dg.AssetCheckResult(passed=True)

    return fine


defs = dg.Definitions(
    assets=[_asset(number) for number in range(ASSETS)],
    asset_checks=[_check(number) for number in range(CHECKS)],
    executor=dg.in_process_executor,
)
