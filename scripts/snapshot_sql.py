"""Write the SQL of the snapshot that is compiled ahead, from its expressions."""

from importlib import resources
from pathlib import Path

from clientela.config import parse
from clientela.engine import connect
from clientela.features.compiled import AHEAD, compiled_now
from clientela.features.planned import ANY_DAY


def main() -> None:
    """Write one file an engine."""
    for name, file in AHEAD.items():
        engine = connect(parse({"engine": {"name": name}}).engine)
        path = Path(str(resources.files("clientela.features").joinpath(file)))
        path.write_text(compiled_now(engine, ANY_DAY) + "\n", "utf-8")
        engine.close()


if __name__ == "__main__":
    main()
