package content

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
)

const (
	// listed are the bytes that an entry usually has in the list of a zip archive, with its name.
	listed = 256
	// longestComment at the end of an archive, with what is read to find its beginning.
	longestComment = 256 << 10
)

var errLongList = errors.New("a list of too many entries")

// list bounds what is read of a zip archive before its first entry: all of the list of entries comes into memory.
type list struct {
	io.ReaderAt
	left int64
	read bool
}

// ReadAt implements io.ReaderAt.
func (l *list) ReadAt(to []byte, at int64) (int, error) {
	if l.left -= int64(len(to)); !l.read && l.left < 0 {
		return 0, errLongList
	}
	return l.ReaderAt.ReadAt(to, at)
}

// longestTarget of a link, in bytes: PATH_MAX.
const longestTarget = 4096

func (t *tree) takeZip(from *os.File) error {
	info, err := from.Stat()
	if err != nil {
		return err
	}
	list := &list{ReaderAt: from, left: int64(t.left.Entries)*listed + longestComment}
	reader, err := zip.NewReader(list, info.Size())
	if errors.Is(err, errLongList) {
		return t.tooMany()
	}
	if err != nil {
		return fmt.Errorf("it is no whole zip archive: %w", err)
	}
	list.read = true
	for _, one := range reader.File {
		if err := t.takeZipped(one); err != nil {
			return err
		}
	}
	return nil
}

func (t *tree) takeZipped(one *zip.File) error {
	mode := one.Mode()
	if strings.Contains(one.Name, `\`) {
		return refusal(one.Name, "has backslashes where a zip archive has slashes")
	}
	if mode.IsDir() {
		return t.folder(one.Name)
	}
	if mode.Type() != 0 && mode.Type() != fs.ModeSymlink {
		return refusal(one.Name, "is neither a file nor a folder nor a link")
	}
	content, err := one.Open()
	if err != nil {
		return refusal(one.Name, "cannot be read: %v", err)
	}
	defer content.Close()
	if mode.IsRegular() {
		return t.file(one.Name, mode, content)
	}
	target, err := io.ReadAll(io.LimitReader(content, longestTarget))
	if err != nil {
		return refusal(one.Name, "cannot be read: %v", err)
	}
	return t.link(one.Name, string(target))
}
