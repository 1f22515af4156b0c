from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from embeddings.documents.parser import parse_file
from tests.embeddings.documents.parsing import markdown

WORDS = st.lists(st.text("abcdefgh", min_size=1, max_size=6), min_size=1, max_size=5).map(" ".join)
MARKS = st.sampled_from(["*%s*", "**%s**", "~~%s~~", "`%s`", "[%s](http://x.org)", "%s"])


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("*a* **b** ***c*** _d_ __e__ ~~f~~ `g`", "a b c d e f g"),
        ("[a *b*](http://x.org 'title'), [c][1], <http://y.org>\n\n[1]: http://z.org", "a b, c, http://y.org"),
        ("soft\nwrapped, hard  \nbroken, also\\\nso, and<br>so", "soft wrapped, hard broken, also so, and so"),
        ("a\tb  c d", "a b c d"),
        ("AT&amp;T &lt;3 &#39;n&#39;&nbsp;x\\*", "AT&T <3 'n'\u00a0x*"),
        ("a&#10;b", "a b"),
        ("<b>bold</b> <!-- aside --> <span class='x'>said</span>", "bold said"),
        ("seen ![a *poster*](p.png) here", "seen here"),
        ("![a poster](p.png)\n\ntext", "text"),
        ("He left.[^1] She stayed.\n\n[^1]: In the *book*.\n", "He left. She stayed.\nIn the book."),
        ("- one\n- two *x*\n  1. three\n", "one\ntwo x\nthree"),
        ("> quoted\n> on\n>\n> ## said", "quoted on\nsaid"),
        ("a\n\n***\n\nb\n\n* * *\n\n⁂\n\nc", "a\nb\nc"),
        ("```python\ncode\n```\n\n```\nx = f(1);\n```\n\n    verse *one*\n    verse two", "verse one verse two"),
        ("```\na poem\n\nof two\n```", "a poem\nof two"),
        ("| Actor | Part |\n|---|---|\n| *Carey* | Kathy |", "Actor Part\nCarey Kathy"),
        (
            "<div>\n<p>One <i>two</i></p><p>three &amp; four</p>\n</div>\n\n<script>\nx\n</script>",
            "One two\nthree & four",
        ),
        ("“Curly” ‘quotes’ -- and ... 'straight' (c)", "“Curly” ‘quotes’ -- and ... 'straight' (c)"),
        ("千と千尋の神隠し。\n\nВойна и мир. 😀", "千と千尋の神隠し。\nВойна и мир. 😀"),
        ("film&#146;s &#x92; &#0150;", "film’s ’ –"),
        ("<div>\nBudget < 5 million, and it shows…", "Budget < 5 million, and it shows…"),
        ("<div>\nI <3 it, a<b, and 5 <\n6 </ and <b", "I <3 it, a<b, and 5 < 6 </ and <b"),
        ("<div>\n<!--> one <!---> two <!-- x --!> three <!-- y --> four", "one two three four"),
        ("[Verdict]: brilliant\n\nAnd more.\n\n[verdict]: dull", "[Verdict]: brilliant\nAnd more.\n[verdict]: dull"),
        ("[See]\n\n[See]: me\n[1]: http://x.org\n[2]: a/b.png", "See"),
        (f"Start.\n\n{'long ' * 50}\n---\nEnd.", f"Start.\n{'long ' * 50}\nEnd.".replace(" \n", "\n")),
        ("`{{ .Title }}` and ``{% include x %}``, `<% x %>`, `a {{ b }} c`, `{{`", "and , , a c, {{"),
        ("2 * 3 * 4 and snake_case_name and 5 < 6 > 4", "2 * 3 * 4 and snake_case_name and 5 < 6 > 4"),
    ],
)
def test_the_text_is_what_the_rendered_page_shows(body: str, text: str) -> None:
    assert markdown(body).text == text


@given(st.lists(st.tuples(MARKS, WORDS)))
def test_inline_marks_never_appear_in_the_text(pieces: list[tuple[str, str]]) -> None:
    review = markdown("Start " + " ".join(mark % text for mark, text in pieces))
    assert review.text == " ".join(["Start", *(text for _, text in pieces)])


@pytest.mark.parametrize(
    ("body", "text", "note"),
    [
        ("Start.\n\n<!-- TODO\n\nThe end.", "Start.", (6, "'<!--' has no end, so the text after it was left out.")),
        ("<div>\n<b>x</b> <!-- TODO\nThe end.", "x", (5, "'<!--' has no end, so the text after it was left out.")),
        ("Start.\n\n<script>\n\nThe end.", "Start.", (6, "'<script>' has no end, so the text after it was left out.")),
        (f"Start.\n\n{'>' * 500} deep", "Start.\ndeep", (6, "Lists or quotes are nested too deeply, so their marks "
         "were left out.")),
        ("Start.\n\n%% TODO\n\nThe end.", "Start.", (6, "The comment '%%' has no end, so the text after it was left "
         "out.")),
    ],
    ids=["a comment", "a comment in a block", "a script", "deep quotes", "%%"],
)  # fmt: skip
def test_what_has_no_end_or_is_too_deep_is_mended_and_said(body: str, text: str, note: tuple[int, str]) -> None:
    file = parse_file(f"---\ntitle: A\n---\n{body}".encode(), Path("x.md"), Path("x.md"))
    assert [(each.line, each.reason) for each in file.notes] == [note]
    assert file.reviews[0].text == text


def test_long_paragraphs_with_braces_are_read_as_fast_as_others() -> None:
    # A pattern that tries every way to divide a line never ends here.
    lines = "\n".join(["The miner walks on " * 60 + "{"] * 40)
    review = markdown(f"{lines}\n{{: .spoiler}}\n\n{lines}")
    assert len(review.text.split("\n")) == 2
    assert [end for _, end in review.spoilers] == [review.text.index("\n")]
