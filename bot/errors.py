"""Everything that can go wrong, as exceptions that carry what the caller needs.

GrijaError
├── SettingsError            a setting is wrong: stop the start, say which and why
├── StoreError
│   ├── StoreUnavailable     the database does not answer: leave the message waiting, try again
│   ├── StaleOwner           written under an old epoch: the conversation has another owner now
│   ├── AlreadyWorked        another worker finished this message first
│   └── AuditBroken          rows of the audit log are missing or were changed
├── SinkFailed               a sink of the stream has not taken all it was given: send it again
├── SecretLost               something was encrypted with another server key than the present one
├── ModelError
│   ├── ModelMissing         nothing is trained or named in models/current
│   └── ModelRefused         the archive is not the one that models/current names
├── DialogueError
│   ├── TurnTimeout          the dialogue did not answer in time
│   └── ActionFailed         a custom action raised
├── DeliveryError
│   ├── DeliveryDelayed      the platform asks to wait: retry_after seconds, not counted as a try
│   ├── DeliveryRefused      the platform will never take this message
│   ├── AddressUnreachable   the customer cannot be reached there any more
│   └── AttachmentUnavailable  the platform will never give this file out
└── ClientError              what a client sent is wrong; code and message go back to it
    ├── FrameInvalid         not a frame of the widget protocol
    ├── HelloExpected        the first frame must be hello
    ├── TextEmpty, TextTooLong
    ├── ButtonUnknown        no such button in this conversation
    ├── IdentityInvalid      the signed identity is wrong or expired
    ├── RateLimited          too many messages: retry_after seconds
    ├── OriginRefused        the page is not on the allow-list
    ├── SignatureInvalid     a delivery is not signed by its platform, or too long ago
    ├── TooManyConnections
    ├── FileRefused          a file cannot be taken
    │   ├── FileTooLarge, FileEmpty
    │   ├── FileTypeRefused  not a type that this server takes, by its bytes
    │   └── FileBroken       it is not what it begins like
    ├── TokenInvalid         the visitor token is wrong or expired
    ├── ApiError             what only the API of the desk refuses
    │   ├── SignInFailed         wrong e-mail address, password or code; never says which
    │   ├── SecondFactorNeeded   the password is right, a code must come with it
    │   ├── NotSignedIn          no session, or one that has ended; a bad or revoked API token
    │   ├── CsrfRefused          a change without the session's X-CSRF-Token, or from a page of another origin
    │   ├── RoleRefused          signed in, but the role may not do this
    │   ├── ScopeRefused         the API token was not given the scope for this
    │   ├── BodyInvalid          the body is not what the route takes
    │   ├── InvitationInvalid    the link was used, has expired, or never was
    │   ├── PasswordRefused      too short, too common, or the old one again
    │   ├── Outdated             changed by somebody else since it was read
    │   ├── Taken                the name is in use
    │   ├── LastAdmin            nobody would be left who can manage people
    │   ├── Unfit                a value that an operation of the desk cannot take
    │   ├── NotYours             the conversation is another agent's, or the role does not allow it
    │   ├── CannedInvalid        a canned answer cannot be kept like this
    │   └── Unknown              no such conversation, message, reply, agent or handoff
    └── Unavailable          we cannot take this now; nothing was accepted
"""

from __future__ import annotations


class GrijaError(Exception):
    """Root of all our errors. `code` is stable and documented; `http_status` is how HTTP answers it."""

    code = "internal"
    http_status = 500


class SettingsError(GrijaError):
    code = "settings_invalid"


class StoreError(GrijaError):
    code = "store"


class StoreUnavailable(StoreError):
    code = "store_unavailable"
    http_status = 503


class StaleOwner(StoreError):
    code = "stale_owner"
    http_status = 409


class AlreadyWorked(StoreError):
    code = "already_worked"
    http_status = 409


class AuditBroken(StoreError):
    code = "audit_broken"


class SinkFailed(GrijaError):
    code = "sink_failed"


class SecretLost(GrijaError):
    code = "secret_lost"


class ModelError(GrijaError):
    code = "model"
    http_status = 503


class ModelMissing(ModelError):
    code = "model_missing"


class ModelRefused(ModelError):
    code = "model_refused"


class DialogueError(GrijaError):
    code = "dialogue"


class TurnTimeout(DialogueError):
    code = "turn_timeout"


class ActionFailed(DialogueError):
    code = "action_failed"


class DeliveryError(GrijaError):
    code = "delivery"


class DeliveryDelayed(DeliveryError):
    code = "delivery_delayed"

    def __init__(self, message: str, *, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class DeliveryRefused(DeliveryError):
    code = "delivery_refused"


class AddressUnreachable(DeliveryError):
    code = "address_unreachable"


class AttachmentUnavailable(DeliveryError):
    code = "attachment_unavailable"


class ClientError(GrijaError):
    """Wrong input from outside. The message is for the client's developer; widgets translate the code."""

    code = "bad_request"
    http_status = 400


class FrameInvalid(ClientError):
    code = "bad_frame"


class HelloExpected(ClientError):
    code = "hello_expected"


class TextEmpty(ClientError):
    code = "text_empty"


class TextTooLong(ClientError):
    code = "text_too_long"
    http_status = 413


class ButtonUnknown(ClientError):
    code = "button_unknown"
    http_status = 404


class IdentityInvalid(ClientError):
    code = "identity_invalid"
    http_status = 401


class RateLimited(ClientError):
    code = "rate_limited"
    http_status = 429

    def __init__(self, message: str, *, retry_after: float) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class OriginRefused(ClientError):
    code = "origin_refused"
    http_status = 403


class SignatureInvalid(ClientError):
    code = "signature_invalid"
    http_status = 401


class TooManyConnections(ClientError):
    code = "too_many_connections"
    http_status = 429


class FileRefused(ClientError):
    code = "file_refused"


class FileTooLarge(FileRefused):
    code = "file_too_large"
    http_status = 413


class FileEmpty(FileRefused):
    code = "file_empty"


class FileTypeRefused(FileRefused):
    code = "file_type_refused"
    http_status = 415


class FileBroken(FileRefused):
    code = "file_broken"
    http_status = 422


class TokenInvalid(ClientError):
    code = "token_invalid"
    http_status = 401


class ApiError(ClientError):
    """What only the API of the desk refuses: none of these reaches a widget."""

    code = "refused"


class SignInFailed(ApiError):
    code = "sign_in_failed"
    http_status = 401


class SecondFactorNeeded(ApiError):
    code = "second_factor_needed"
    http_status = 401


class NotSignedIn(ApiError):
    code = "not_signed_in"
    http_status = 401


class CsrfRefused(ApiError):
    code = "csrf_refused"
    http_status = 403


class RoleRefused(ApiError):
    code = "role_refused"
    http_status = 403


class ScopeRefused(ApiError):
    code = "scope_refused"
    http_status = 403


class BodyInvalid(ApiError):
    code = "body_invalid"


class InvitationInvalid(ApiError):
    code = "invitation_invalid"
    http_status = 404


class PasswordRefused(ApiError):
    code = "password_refused"


class Unknown(ApiError):
    code = "unknown"
    http_status = 404


class Unfit(ApiError):
    code = "unfit"
    http_status = 422


class NotYours(ApiError):
    code = "not_yours"
    http_status = 403


class Outdated(ApiError):
    code = "outdated"
    http_status = 409


class Taken(ApiError):
    code = "taken"
    http_status = 409


class LastAdmin(ApiError):
    code = "last_admin"
    http_status = 409


class CannedInvalid(ApiError):
    code = "canned_invalid"


class Unavailable(ClientError):
    code = "unavailable"
    http_status = 503


def all_errors(root: type[GrijaError] = GrijaError) -> list[type[GrijaError]]:
    """Every error class of the tree, the root first, for documentation and its test."""
    found = [root]
    for child in root.__subclasses__():
        found.extend(all_errors(child))
    return found
