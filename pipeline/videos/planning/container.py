"""What MP4 and Matroska can hold: streams, tags, chapters, covers."""

from collections.abc import Mapping

from av.container import InputContainer
from av.stream import Disposition, Stream

from .plan import Container

_MP4 = {
    "audio": {"aac", "mp3", "mp3float", "ac3", "eac3", "alac", "opus", "libopus", "flac"},
    "subtitle": {"mov_text"},
    "video": {"mjpeg", "png"},  # covers
}
_CONTAINERS: tuple[Container, Container] = ("mp4", "matroska")
_NOT_IN_MATROSKA = {"mov_text", "unknown"}
_OF_THE_CONTAINER = {"major_brand", "minor_version", "compatible_brands", "encoder", "duration"}
_MP4_TAGS = {
    *("title", "artist", "album_artist", "album", "date", "comment", "genre", "copyright", "description", "synopsis"),
    *("show", "episode_id", "network", "composer", "grouping", "lyrics", "track", "disc", "creation_time"),
    *("media_type", "hd_video", "gapless_playback", "season_number", "episode_sort"),
}


def container_for(source: InputContainer) -> Container:
    """MP4 where it holds every stream of the source that can be kept, else Matroska."""
    in_mp4, in_matroska = (sum(holds(kind, stream) for stream in source.streams) for kind in _CONTAINERS)
    return "mp4" if in_mp4 >= in_matroska else "matroska"


def holds(kind: Container, stream: Stream) -> bool:
    """Whether a container can hold a stream as it is."""
    codec = stream.codec_context.name if stream.codec_context is not None else "unknown"
    if stream.type == "attachment":
        return kind == "matroska"
    if stream.type == "video" and not stream.disposition & Disposition.attached_pic:
        return True  # it is restored
    if stream.type == "data":
        return False
    if kind == "mp4":
        return codec in _MP4.get(stream.type, set())
    return codec not in _NOT_IN_MATROSKA


def is_chapter_track(source: InputContainer, stream: Stream) -> bool:
    """Whether a data stream only repeats the chapters, which are written anew."""
    return stream.type == "data" and stream.name == "bin_data" and bool(source.chapters())


def tags_of(source: InputContainer) -> dict[str, str]:
    """The tags that are not about the container itself."""
    return {key: value for key, value in source.metadata.items() if key not in _OF_THE_CONTAINER}


def lost_tags(kind: Container, tags: Mapping[str, str], has_cover: bool) -> list[str]:
    """The tags that the result cannot hold."""
    return unusual_tags(tags) if kind == "mp4" and has_cover else []


def unusual_tags(tags: Mapping[str, str]) -> list[str]:
    """The tags that an MP4 holds only in the way of QuickTime, which leaves no room for a cover."""
    return sorted(set(tags) - _MP4_TAGS)
