"""A refusal, in the envelope of the original API: `{"error": {message, type, param, code}}`."""


class Problem(Exception):
    """A request the studio does not serve. The same request gets the same answer again."""

    def __init__(
        self,
        message: str,
        *,
        code: str | None = None,
        param: str | None = None,
        status: int = 400,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.param = param
        self.status = status
        self.headers = headers

    def envelope(self) -> dict[str, object]:
        return {
            "error": {
                "message": self.message,
                "type": self._type(),
                "param": self.param,
                "code": self.code,
            }
        }

    def _type(self) -> str:
        if self.status >= 500:  # noqa: PLR2004 - HTTP's own boundary
            return "server_error"
        return "rate_limit_error" if self.status == 429 else "invalid_request_error"  # noqa: PLR2004 - HTTP


def closed() -> Problem:
    """A call that came before `open` or after `close`."""
    return Problem("The studio is closed.", code="studio_closed", status=503)


def unsupported(param: str, value: str, supported: tuple[str, ...]) -> Problem:
    """The original's sentence for a value outside an enumeration."""
    *most, last = (f"'{one}'" for one in supported)
    listed = f"{', '.join(most)}, and {last}" if most else last
    message = f"Invalid value: '{value[:100]}'. Supported values are: {listed}."
    return Problem(message, code="invalid_value", param=param)


def wrong_type(name: str, expected: str, got: object) -> Problem:
    """The original's sentence for a value of another type; anything unknown to JSON is a file."""
    return Problem(
        f"Invalid type for '{name}': expected {expected}, but got {_named(got)} instead.",
        code="invalid_type",
        param=name,
    )


def too_large(what: str, limit: int, *, param: str | None = None) -> Problem:
    """A file (of the field `param`) or a request beyond `limit` bytes."""
    code = "file_too_large" if param else "request_too_large"
    message = f"{what} is larger than {limit} bytes."
    return Problem(message, code=code, param=param, status=413)


def _named(value: object) -> str:
    names = {bool: "a boolean", int: "an integer", float: "a decimal", str: "a string"}
    names |= {list: "an array", dict: "an object", type(None): "null"}
    return names.get(type(value), "a file")
