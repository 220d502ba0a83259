from google.protobuf import empty_pb2 as _empty_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class QuestionDestroyRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: int
    def __init__(self, id: _Optional[int] = ...) -> None: ...

class QuestionListRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class QuestionListResponse(_message.Message):
    __slots__ = ("results",)
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[QuestionResponse]
    def __init__(self, results: _Optional[_Iterable[_Union[QuestionResponse, _Mapping]]] = ...) -> None: ...

class QuestionPartialUpdateRequest(_message.Message):
    __slots__ = ("id", "question_text", "pub_date", "_partial_update_fields")
    ID_FIELD_NUMBER: _ClassVar[int]
    QUESTION_TEXT_FIELD_NUMBER: _ClassVar[int]
    PUB_DATE_FIELD_NUMBER: _ClassVar[int]
    _PARTIAL_UPDATE_FIELDS_FIELD_NUMBER: _ClassVar[int]
    id: int
    question_text: str
    pub_date: str
    _partial_update_fields: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, id: _Optional[int] = ..., question_text: _Optional[str] = ..., pub_date: _Optional[str] = ..., _partial_update_fields: _Optional[_Iterable[str]] = ...) -> None: ...

class QuestionRequest(_message.Message):
    __slots__ = ("id", "question_text", "pub_date")
    ID_FIELD_NUMBER: _ClassVar[int]
    QUESTION_TEXT_FIELD_NUMBER: _ClassVar[int]
    PUB_DATE_FIELD_NUMBER: _ClassVar[int]
    id: int
    question_text: str
    pub_date: str
    def __init__(self, id: _Optional[int] = ..., question_text: _Optional[str] = ..., pub_date: _Optional[str] = ...) -> None: ...

class QuestionResponse(_message.Message):
    __slots__ = ("id", "question_text", "pub_date")
    ID_FIELD_NUMBER: _ClassVar[int]
    QUESTION_TEXT_FIELD_NUMBER: _ClassVar[int]
    PUB_DATE_FIELD_NUMBER: _ClassVar[int]
    id: int
    question_text: str
    pub_date: str
    def __init__(self, id: _Optional[int] = ..., question_text: _Optional[str] = ..., pub_date: _Optional[str] = ...) -> None: ...

class QuestionRetrieveRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: int
    def __init__(self, id: _Optional[int] = ...) -> None: ...

class QuestionStreamRequest(_message.Message):
    __slots__ = ("question_text",)
    QUESTION_TEXT_FIELD_NUMBER: _ClassVar[int]
    question_text: str
    def __init__(self, question_text: _Optional[str] = ...) -> None: ...

class QuestionStreamResponse(_message.Message):
    __slots__ = ("response",)
    RESPONSE_FIELD_NUMBER: _ClassVar[int]
    response: str
    def __init__(self, response: _Optional[str] = ...) -> None: ...

class RejectionResponse(_message.Message):
    __slots__ = ("position", "question_text", "reason")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    QUESTION_TEXT_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    position: int
    question_text: str
    reason: str
    def __init__(self, position: _Optional[int] = ..., question_text: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class SubmissionReportResponse(_message.Message):
    __slots__ = ("accepted", "ids", "rejections")
    ACCEPTED_FIELD_NUMBER: _ClassVar[int]
    IDS_FIELD_NUMBER: _ClassVar[int]
    REJECTIONS_FIELD_NUMBER: _ClassVar[int]
    accepted: int
    ids: _containers.RepeatedScalarFieldContainer[int]
    rejections: _containers.RepeatedCompositeFieldContainer[RejectionResponse]
    def __init__(self, accepted: _Optional[int] = ..., ids: _Optional[_Iterable[int]] = ..., rejections: _Optional[_Iterable[_Union[RejectionResponse, _Mapping]]] = ...) -> None: ...
