"""The catalogues of texts, of pages and of mails, and what a translation of one must have.

python3 tests/build/languages.py            what is wrong with any language
python3 tests/build/languages.py fr pt-BR   the same for some, which must be there"""
import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDERS = {"pages": ROOT / "src/web/pages", "mails": ROOT / "src/mail/texts"}
# The plural forms of whole numbers, and of those with decimals in Intl.PluralRules (CLDR).
FORMS = {
    "en": ["one", "other"], "de": ["one", "other"], "nl": ["one", "other"],
    "fr": ["one", "many", "other"], "es": ["one", "many", "other"],
    "it": ["one", "many", "other"], "pt-BR": ["one", "many", "other"],
    "pl": ["one", "few", "many", "other"], "ja": ["other"], "zh-Hans": ["other"],
}
FIRST = "en"
PLACE = re.compile(r"\{\w+\}")


def tags():
    """The languages of src/config/languages.h, in its order."""
    text = (ROOT / "src/config/languages.h").read_text(encoding="utf-8")
    return re.findall(r'Language\{"([\w-]+)"', text)


def no_key_twice(pairs):
    keys = [key for key, _ in pairs]
    twice = sorted({key for key in keys if keys.count(key) > 1})
    if twice:
        raise ValueError("these keys are there twice: " + ", ".join(twice))
    return dict(pairs)


def catalogue(kind, tag):
    """The texts of a language, or None if there is no file."""
    path = FOLDERS[kind] / (tag + ".json")
    if not path.exists():
        return None
    return json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=no_key_twice)


def families(english):
    """The texts that count: "sessions" for sessions.one and sessions.other."""
    return sorted(key[:-4] for key in english if key.endswith(".one") and
                  key[:-4] + ".other" in english and "{count}" in english[key[:-4] + ".other"])


def expected(english, tag):
    """The keys that a catalogue of the language has, each with a text that has its places."""
    wanted = dict(english)
    for family in families(english):
        other = english[family + ".other"]
        for form in ("one", "few", "many", "other"):
            wanted.pop(f"{family}.{form}", None)
        wanted.update({f"{family}.{form}": other for form in FORMS[tag]})
    return wanted


def problems(kind, tag):
    """What is wrong with a catalogue, a line each."""
    english = catalogue(kind, FIRST)
    try:
        texts = catalogue(kind, tag)
    except ValueError as error:
        return [str(error)]
    wanted = expected(english, tag)
    found = [f"missing: {key}: {wanted[key]}" for key in wanted if key not in texts]
    found += [f"superfluous: {key}" for key in texts if key not in wanted]
    for key, text in texts.items():
        if key not in wanted:
            continue
        if not isinstance(text, str) or not text.strip() or text != text.strip():
            found.append(f"empty, or with a space at an end: {key}")
            continue
        if re.search(r"[<>]|&\w+;|[\x00-\x1f]", text):
            found.append(f"markup or a control character: {key}")
        places, there = set(PLACE.findall(wanted[key])), set(PLACE.findall(text))
        # "one" may say the number as a word, where it is for 1 alone.
        is_for_1 = key.endswith(".one") and tag not in ("fr", "pt-BR")
        optional = {"{count}"} if is_for_1 else set()
        if places - there - optional or there - places:
            found.append(f"places of {key}: {sorted(there)}, and not {sorted(places)}")
    return found


def main(wanted):
    failed = False
    for tag in wanted or tags():
        for kind in FOLDERS:
            if catalogue(kind, tag) is None:
                print(f"{kind}/{tag}: there is no {(FOLDERS[kind] / (tag + '.json'))}")
                failed = failed or bool(wanted)
                continue
            found = problems(kind, tag)
            failed = failed or bool(found)
            print(f"{kind}/{tag}: " + (f"{len(found)} problems" if found else "complete"))
            for line in found:
                print("  " + line)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
