package content

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// Digest of a folder: a hash of the path, kind, mode, owner and content of everything in it.
func Digest(folder string) (string, error) {
	all := sha256.New()
	err := filepath.WalkDir(folder, func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		var stat unix.Stat_t
		if err := unix.Lstat(path, &stat); err != nil {
			return err
		}
		relative, err := filepath.Rel(folder, path)
		if err != nil {
			return err
		}
		content, err := contentOf(path, stat.Mode)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(all, "%s\x00%o\x00%d:%d\x00%s\x00", relative, stat.Mode, stat.Uid, stat.Gid, content)
		return err
	})
	if err != nil {
		return "", err
	}
	return hex.EncodeToString(all.Sum(nil)), nil
}

// contentOf a file is its hash, and of a link its target.
func contentOf(path string, mode uint32) (string, error) {
	switch mode & unix.S_IFMT {
	case unix.S_IFLNK:
		return os.Readlink(path)
	case unix.S_IFREG:
		return SHA256(path)
	}
	return "", nil
}

// SHA256 of a file, in hex.
func SHA256(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, file); err != nil {
		return "", err
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}
