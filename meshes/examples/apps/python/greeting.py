import platform


def greeting(word, path):
    return f"{word}, {path}, from Python {platform.python_version()}"
