"""JQL: text to syntax tree. Pure; what cannot be parsed raises `JqlError` with the words Jira uses."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

MOST_ORDER_FIELDS = 7


class JqlError(Exception):
    """The query is refused; `messages` are what Jira answers as errorMessages."""

    def __init__(self, *messages: str) -> None:
        super().__init__(" ".join(messages))
        self.messages = list(messages)


class Operator(StrEnum):
    """The comparisons of JQL."""

    EQUALS = "="
    NOT_EQUALS = "!="
    LESS = "<"
    AT_MOST = "<="
    GREATER = ">"
    AT_LEAST = ">="
    LIKE = "~"
    NOT_LIKE = "!~"
    IN = "in"
    NOT_IN = "not in"
    IS = "is"
    IS_NOT = "is not"


@dataclass(frozen=True)
class Literal:
    """A value as it was written. Only an unquoted number can be a time in milliseconds."""

    text: str
    quoted: bool


@dataclass(frozen=True)
class Call:
    """A function with its arguments: `startOfDay(-7d)`."""

    name: str
    arguments: tuple[str, ...]


@dataclass(frozen=True)
class Empty:
    """The word EMPTY or NULL."""


@dataclass(frozen=True)
class Listed:
    """The values in the parentheses after IN."""

    items: tuple["Operand", ...]


Operand = Literal | Call | Empty | Listed


@dataclass(frozen=True)
class Comparison:
    """`field operator operand`; the field as it was written."""

    field: str
    operator: Operator
    operand: Operand


@dataclass(frozen=True)
class And:
    """All of the clauses."""

    clauses: tuple["Clause", ...]


@dataclass(frozen=True)
class Or:
    """One of the clauses."""

    clauses: tuple["Clause", ...]


@dataclass(frozen=True)
class Not:
    """Not the clause."""

    clause: "Clause"


Clause = Comparison | And | Or | Not


@dataclass(frozen=True)
class Order:
    """One field of ORDER BY; `descending` is None when it was not said."""

    field: str
    descending: bool | None


@dataclass(frozen=True)
class Query:
    """A whole query; `where` is None when it has only an order or nothing at all."""

    where: Clause | None
    order: tuple[Order, ...]


class _Token(NamedTuple):
    kind: str  # word, quoted, operator, punctuation, end
    text: str
    at: int


_TOKENS = re.compile(
    r"""(?P<space>\s+)
      | "(?P<double>(?:[^"\\]|\\.)*)"
      | '(?P<single>(?:[^'\\]|\\.)*)'
      | (?P<operator>!=|!~|<=|>=|=|~|<|>|!|&&|\|\||&|\|)
      | (?P<punctuation>[(),])
      | (?P<word>(?:cf\[\d+\])|(?:[^\s"'()<>=!~,&|\[\]@\#$%^*+;?{}/`:\\]|\\.)+)
    """,
    re.VERBOSE | re.IGNORECASE,
)
_KEYWORDS = frozenset({"and", "or", "not", "in", "is", "order", "by"})
_EMPTY = frozenset({"empty", "null"})
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)


def parse(text: str) -> Query:
    """The syntax tree of a query.

    Raises:
        JqlError: The text is not JQL.
    """
    return _Parser(text).query()


def is_bounded(query: Query) -> bool:
    """Whether the query restricts what it finds; Jira Cloud refuses one that does not."""
    return query.where is not None


def _unescaped(text: str) -> str:
    def one(match: re.Match[str]) -> str:
        code = match.group(1)
        if len(code) == 5:
            return chr(int(code[1:], 16))
        return {"n": "\n", "t": "\t", "r": "\r"}.get(code, code)

    return _ESCAPE.sub(one, text)


def _tokens(text: str) -> list[_Token]:
    found, at = [], 0
    while at < len(text):
        match = _TOKENS.match(text, at)
        if match is None:
            raise JqlError(_reserved(text, at))
        kind = match.lastgroup
        if kind in ("double", "single"):
            found.append(_Token("quoted", _unescaped(match.group(kind)), at))
        elif kind == "word":
            found.append(_Token("word", _unescaped(match.group()), at))
        elif kind != "space":
            found.append(_Token(str(kind), match.group(), at))
        at = match.end()
    return [*found, _Token("end", "", len(text))]


def _reserved(text: str, at: int) -> str:
    char = text[at]
    if char in "\"'":
        return (
            f"Error in the JQL Query: The quoted string '{text[at + 1 :]}' has not been completed. {_place(text, at)}"
        )
    return (
        f"Error in the JQL Query: The character '{char}' is a reserved JQL character. You must enclose it in a string "
        f"or use the escape '\\u{ord(char):04x}' instead. {_place(text, at)}"
    )


def _place(text: str, at: int) -> str:
    line = text.count("\n", 0, at) + 1
    return f"(line {line}, character {at - text.rfind(chr(10), 0, at)})"


class _Parser:
    """Recursive descent over the tokens of one query."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = _tokens(text)
        self._next = 0

    def query(self) -> Query:
        where = None if self._at_word("order") or self._peek().kind == "end" else self._either()
        order = self._order() if self._at_word("order") else ()
        if self._peek().kind != "end":
            raise self._error(f"Expecting either 'OR' or 'AND' but got '{self._peek().text}'.")
        return Query(where, order)

    def _peek(self, ahead: int = 0) -> _Token:
        return self._tokens[min(self._next + ahead, len(self._tokens) - 1)]

    def _take(self) -> _Token:
        token = self._peek()
        self._next += 1
        return token

    def _at_word(self, *words: str, ahead: int = 0) -> bool:
        token = self._peek(ahead)
        return token.kind == "word" and token.text.lower() in words

    def _at_text(self, *texts: str) -> bool:
        token = self._peek()
        return token.kind in ("operator", "punctuation") and token.text in texts

    def _error(self, message: str) -> JqlError:
        return JqlError(f"Error in the JQL Query: {message} {_place(self._text, self._peek().at)}")

    def _either(self) -> Clause:
        clauses = [self._both()]
        while self._at_word("or") or self._at_text("||", "|"):
            self._take()
            clauses.append(self._both())
        return clauses[0] if len(clauses) == 1 else Or(tuple(clauses))

    def _both(self) -> Clause:
        clauses = [self._single()]
        while self._at_word("and") or self._at_text("&&", "&"):
            self._take()
            clauses.append(self._single())
        return clauses[0] if len(clauses) == 1 else And(tuple(clauses))

    def _single(self) -> Clause:
        if self._at_word("not") or self._at_text("!"):
            self._take()
            return Not(self._single())
        if self._at_text("("):
            self._take()
            inner = self._either()
            if not self._at_text(")"):
                raise self._error("Expecting ')' before the end of the query.")
            self._take()
            return inner
        return self._comparison()

    def _comparison(self) -> Clause:
        token = self._peek()
        if token.kind not in ("word", "quoted") or (token.kind == "word" and token.text.lower() in _KEYWORDS):
            got = f"'{token.text}'" if token.text else "the end of the query"
            raise self._error(f"Expecting a field name but got {got}. You must surround {got} in quotation marks.")
        if self._is_text_search():
            return self._text_search()
        field = self._take().text
        operator = self._operator()
        if operator in (Operator.IN, Operator.NOT_IN):
            return Comparison(field, operator, self._list_or_call())
        return Comparison(field, operator, self._operand())

    def _is_text_search(self) -> bool:
        # Jira takes bare words for a search in all texts, so that a mistyped query finds nothing instead of failing.
        follower = self._peek(1)
        if follower.kind == "operator":
            return follower.text in ("&&", "||", "&", "|")
        return not self._at_word("in", "is", "not", ahead=1) and follower.text != "("

    def _text_search(self) -> Comparison:
        words = []
        while self._peek().kind in ("word", "quoted") and not self._at_word("and", "or", "not", "order"):
            words.append(self._take().text)
        return Comparison("text", Operator.LIKE, Literal(" ".join(words), quoted=True))

    def _operator(self) -> Operator:
        token = self._take()
        if token.kind == "operator" and token.text in list(Operator):
            return Operator(token.text)
        word = token.text.lower() if token.kind == "word" else ""
        if word == "in":
            return Operator.IN
        if word == "not" and self._at_word("in"):
            self._take()
            return Operator.NOT_IN
        if word == "is":
            if self._at_word("not"):
                self._take()
                return Operator.IS_NOT
            return Operator.IS
        self._next -= 1
        raise self._error(
            f"Expecting operator but got '{token.text}'. The valid operators are '=', '!=', '<', '>', '<=', '>=', "
            "'~', '!~', 'IN', 'NOT IN', 'IS' and 'IS NOT'."
        )

    def _list_or_call(self) -> Operand:
        if not self._at_text("("):
            operand = self._operand()
            if isinstance(operand, Call):
                return operand
            raise self._error("Expecting '(' but got a value.")
        self._take()
        items = [self._operand()]
        while self._at_text(","):
            self._take()
            items.append(self._operand())
        if not self._at_text(")"):
            raise self._error("Expecting ')' before the end of the query.")
        self._take()
        return Listed(tuple(items))

    def _operand(self) -> Operand:
        token = self._take()
        if token.kind == "quoted":
            return Literal(token.text, quoted=True)
        if token.kind != "word" or token.text.lower() in _KEYWORDS:
            self._next -= 1
            got = f"'{token.text}'" if token.text else "the end of the query"
            raise self._error(f"Expecting either a value, list or function but got {got}.")
        if self._at_text("("):
            return Call(token.text.lower(), self._arguments())
        if token.text.lower() in _EMPTY:
            return Empty()
        return Literal(token.text, quoted=False)

    def _arguments(self) -> tuple[str, ...]:
        self._take()
        arguments = []
        while self._peek().kind in ("word", "quoted"):
            arguments.append(self._take().text)
            if self._at_text(","):
                self._take()
        if not self._at_text(")"):
            raise self._error("Expecting ')' before the end of the query.")
        self._take()
        return tuple(arguments)

    def _order(self) -> tuple[Order, ...]:
        self._take()
        if not self._at_word("by"):
            raise self._error("Expecting 'by' after 'order'.")
        self._take()
        fields = []
        while self._peek().kind in ("word", "quoted"):
            name = self._take().text
            descending = None
            if self._at_word("asc", "desc"):
                descending = self._take().text.lower() == "desc"
            fields.append(Order(name, descending))
            if not self._at_text(","):
                break
            self._take()
        if not fields:
            raise self._error("Expecting a field name after 'order by'.")
        if len(fields) > MOST_ORDER_FIELDS:
            raise JqlError(f"The ORDER BY clause can have at most {MOST_ORDER_FIELDS} fields.")
        return tuple(fields)
