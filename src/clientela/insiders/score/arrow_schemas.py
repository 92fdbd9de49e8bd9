"""The tables of the programme, as the contract declares them; both languages stand in each row."""

from clientela.store.arrow_schemas import arrow_schema

POLICIES = arrow_schema("programme_policies")
SIZE = arrow_schema("programme_size")
RULES = arrow_schema("programme_conditions")
MEMBERS = arrow_schema("programme_members")
MONTHS = arrow_schema("programme_months")
PROOF = arrow_schema("programme_proof")
TESTS = arrow_schema("programme_tests")
CASE = arrow_schema("programme_case")
STATUS = arrow_schema("customers", "customer_id", "insider", "insider_since")
TABLES = {
    "programme_policies": POLICIES,
    "programme_size": SIZE,
    "programme_conditions": RULES,
    "programme_members": MEMBERS,
    "programme_months": MONTHS,
    "programme_proof": PROOF,
    "programme_tests": TESTS,
    "programme_case": CASE,
}
