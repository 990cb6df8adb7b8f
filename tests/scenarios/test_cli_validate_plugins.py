"""`validate` also knows the names that only plug-ins can offer."""

from pathlib import Path

from click.testing import CliRunner, Result

from scenarios.cli.validate import command

TWO_TIER = Path(__file__).parent / "files" / "two-tier.yaml"


def validate(policy: str) -> Result:
    override = f'edges["shoppers -> frontend"].balancer={policy}'
    return CliRunner().invoke(command, [str(TWO_TIER), "--set", override])


def test_a_misspelt_balancer_is_refused_with_the_name_that_was_meant() -> None:
    result = validate("round_robbin")
    assert "no balancer is called 'round_robbin', did you mean 'round_robin'?" in str(
        result.exception
    )


def test_a_built_in_balancer_needs_no_plug_in() -> None:
    assert validate("round_robin").exit_code == 0
