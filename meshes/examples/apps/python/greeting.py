import platform


def greeting(path):
    return f"Hello, {path}, from Python {platform.python_version()}"
