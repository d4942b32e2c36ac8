"""What the OpenAPI document of `jobs` names a format of: Schemathesis can't make it up out of a pattern."""

import schemathesis
from hypothesis import strategies as st


def field(least, most):
    numbers = st.integers(least, most)
    span = st.tuples(numbers, numbers).map(lambda two: f"{min(two)}-{max(two)}")
    several = st.lists(numbers.map(str), min_size=1, max_size=3, unique=True).map(",".join)
    return st.one_of(st.just("*"), st.just("*/2"), span, several)


# Days that every month has: a line whose day never comes is refused.
cron = st.tuples(field(0, 59), field(0, 23), field(1, 28), field(1, 12), field(0, 6)).map(" ".join)
schemathesis.openapi.format("cron", cron)
