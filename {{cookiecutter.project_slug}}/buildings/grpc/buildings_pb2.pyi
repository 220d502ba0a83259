from google.protobuf import empty_pb2 as _empty_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class BuildingDestroyRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: int
    def __init__(self, id: _Optional[int] = ...) -> None: ...

class BuildingListRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class BuildingListResponse(_message.Message):
    __slots__ = ("results",)
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    results: _containers.RepeatedCompositeFieldContainer[BuildingResponse]
    def __init__(self, results: _Optional[_Iterable[_Union[BuildingResponse, _Mapping]]] = ...) -> None: ...

class BuildingPartialUpdateRequest(_message.Message):
    __slots__ = ("id", "name", "address", "city", "country", "height_m", "floors", "opened", "_partial_update_fields")
    ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    CITY_FIELD_NUMBER: _ClassVar[int]
    COUNTRY_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_M_FIELD_NUMBER: _ClassVar[int]
    FLOORS_FIELD_NUMBER: _ClassVar[int]
    OPENED_FIELD_NUMBER: _ClassVar[int]
    _PARTIAL_UPDATE_FIELDS_FIELD_NUMBER: _ClassVar[int]
    id: int
    name: str
    address: str
    city: str
    country: str
    height_m: float
    floors: int
    opened: int
    _partial_update_fields: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, id: _Optional[int] = ..., name: _Optional[str] = ..., address: _Optional[str] = ..., city: _Optional[str] = ..., country: _Optional[str] = ..., height_m: _Optional[float] = ..., floors: _Optional[int] = ..., opened: _Optional[int] = ..., _partial_update_fields: _Optional[_Iterable[str]] = ...) -> None: ...

class BuildingRequest(_message.Message):
    __slots__ = ("id", "name", "address", "city", "country", "height_m", "floors", "opened")
    ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    CITY_FIELD_NUMBER: _ClassVar[int]
    COUNTRY_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_M_FIELD_NUMBER: _ClassVar[int]
    FLOORS_FIELD_NUMBER: _ClassVar[int]
    OPENED_FIELD_NUMBER: _ClassVar[int]
    id: int
    name: str
    address: str
    city: str
    country: str
    height_m: float
    floors: int
    opened: int
    def __init__(self, id: _Optional[int] = ..., name: _Optional[str] = ..., address: _Optional[str] = ..., city: _Optional[str] = ..., country: _Optional[str] = ..., height_m: _Optional[float] = ..., floors: _Optional[int] = ..., opened: _Optional[int] = ...) -> None: ...

class BuildingResponse(_message.Message):
    __slots__ = ("id", "name", "address", "city", "country", "height_m", "floors", "opened")
    ID_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    CITY_FIELD_NUMBER: _ClassVar[int]
    COUNTRY_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_M_FIELD_NUMBER: _ClassVar[int]
    FLOORS_FIELD_NUMBER: _ClassVar[int]
    OPENED_FIELD_NUMBER: _ClassVar[int]
    id: int
    name: str
    address: str
    city: str
    country: str
    height_m: float
    floors: int
    opened: int
    def __init__(self, id: _Optional[int] = ..., name: _Optional[str] = ..., address: _Optional[str] = ..., city: _Optional[str] = ..., country: _Optional[str] = ..., height_m: _Optional[float] = ..., floors: _Optional[int] = ..., opened: _Optional[int] = ...) -> None: ...

class BuildingRetrieveRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: int
    def __init__(self, id: _Optional[int] = ...) -> None: ...

class BuildingStreamBuildingTemperatureRequest(_message.Message):
    __slots__ = ("id",)
    ID_FIELD_NUMBER: _ClassVar[int]
    id: int
    def __init__(self, id: _Optional[int] = ...) -> None: ...

class TemperatureRequest(_message.Message):
    __slots__ = ("building", "celsius", "measured_at")
    BUILDING_FIELD_NUMBER: _ClassVar[int]
    CELSIUS_FIELD_NUMBER: _ClassVar[int]
    MEASURED_AT_FIELD_NUMBER: _ClassVar[int]
    building: int
    celsius: float
    measured_at: str
    def __init__(self, building: _Optional[int] = ..., celsius: _Optional[float] = ..., measured_at: _Optional[str] = ...) -> None: ...

class TemperatureResponse(_message.Message):
    __slots__ = ("building", "celsius", "measured_at")
    BUILDING_FIELD_NUMBER: _ClassVar[int]
    CELSIUS_FIELD_NUMBER: _ClassVar[int]
    MEASURED_AT_FIELD_NUMBER: _ClassVar[int]
    building: int
    celsius: float
    measured_at: str
    def __init__(self, building: _Optional[int] = ..., celsius: _Optional[float] = ..., measured_at: _Optional[str] = ...) -> None: ...

class UploadReportResponse(_message.Message):
    __slots__ = ("recorded", "duplicate", "unknown_building", "invalid")
    RECORDED_FIELD_NUMBER: _ClassVar[int]
    DUPLICATE_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_BUILDING_FIELD_NUMBER: _ClassVar[int]
    INVALID_FIELD_NUMBER: _ClassVar[int]
    recorded: int
    duplicate: int
    unknown_building: int
    invalid: int
    def __init__(self, recorded: _Optional[int] = ..., duplicate: _Optional[int] = ..., unknown_building: _Optional[int] = ..., invalid: _Optional[int] = ...) -> None: ...
