from google.protobuf import empty_pb2 as _empty_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CallChatRequest(_message.Message):
    __slots__ = ("text",)
    TEXT_FIELD_NUMBER: _ClassVar[int]
    text: str
    def __init__(self, text: _Optional[str] = ...) -> None: ...

class CallChatResponse(_message.Message):
    __slots__ = ("text",)
    TEXT_FIELD_NUMBER: _ClassVar[int]
    text: str
    def __init__(self, text: _Optional[str] = ...) -> None: ...

class CallEchoRequest(_message.Message):
    __slots__ = ("text",)
    TEXT_FIELD_NUMBER: _ClassVar[int]
    text: str
    def __init__(self, text: _Optional[str] = ...) -> None: ...

class CallEchoResponse(_message.Message):
    __slots__ = ("text",)
    TEXT_FIELD_NUMBER: _ClassVar[int]
    text: str
    def __init__(self, text: _Optional[str] = ...) -> None: ...

class CallWaitRequest(_message.Message):
    __slots__ = ("seconds",)
    SECONDS_FIELD_NUMBER: _ClassVar[int]
    seconds: float
    def __init__(self, seconds: _Optional[float] = ...) -> None: ...

class CustomQuestionResponse(_message.Message):
    __slots__ = ("id", "question_text", "pub_date")
    ID_FIELD_NUMBER: _ClassVar[int]
    QUESTION_TEXT_FIELD_NUMBER: _ClassVar[int]
    PUB_DATE_FIELD_NUMBER: _ClassVar[int]
    id: int
    question_text: str
    pub_date: str
    def __init__(self, id: _Optional[int] = ..., question_text: _Optional[str] = ..., pub_date: _Optional[str] = ...) -> None: ...

class CustomQuestionRetrieveRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: int
    def __init__(self, id: _Optional[int] = ...) -> None: ...

class DelayedQuestionResponse(_message.Message):
    __slots__ = ("id", "question_text", "pub_date")
    ID_FIELD_NUMBER: _ClassVar[int]
    QUESTION_TEXT_FIELD_NUMBER: _ClassVar[int]
    PUB_DATE_FIELD_NUMBER: _ClassVar[int]
    id: int
    question_text: str
    pub_date: str
    def __init__(self, id: _Optional[int] = ..., question_text: _Optional[str] = ..., pub_date: _Optional[str] = ...) -> None: ...

class DelayedQuestionRetrieveRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: int
    def __init__(self, id: _Optional[int] = ...) -> None: ...

class PagedQuestionListRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class PagedQuestionListResponse(_message.Message):
    __slots__ = ("results", "count")
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[PagedQuestionResponse]
    count: int
    def __init__(self, results: _Optional[_Iterable[_Union[PagedQuestionResponse, _Mapping]]] = ..., count: _Optional[int] = ...) -> None: ...

class PagedQuestionResponse(_message.Message):
    __slots__ = ("id", "question_text", "pub_date")
    ID_FIELD_NUMBER: _ClassVar[int]
    QUESTION_TEXT_FIELD_NUMBER: _ClassVar[int]
    PUB_DATE_FIELD_NUMBER: _ClassVar[int]
    id: int
    question_text: str
    pub_date: str
    def __init__(self, id: _Optional[int] = ..., question_text: _Optional[str] = ..., pub_date: _Optional[str] = ...) -> None: ...

class PagedQuestionRetrieveRequest(_message.Message):
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
    __slots__ = ()
    def __init__(self) -> None: ...
