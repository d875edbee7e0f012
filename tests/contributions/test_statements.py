"""Named parameters become numbers, and nothing else does."""

from geoplatform.contributions.statements import _numbered


def test_names_are_numbered_in_the_order_in_which_they_come():
    text, names = _numbered("SELECT %(b)s, %(a)s WHERE x = %(b)s")
    assert (text, names) == (b"SELECT $1, $2 WHERE x = $1", ("b", "a"))


def test_a_percent_that_is_written_twice_is_one():
    text, names = _numbered("SELECT 'a %%(x)s %% b' WHERE y LIKE '100%%' AND z = %(z)s")
    assert (text, names) == (b"SELECT 'a %(x)s % b' WHERE y LIKE '100%' AND z = $1", ("z",))
