package inspect

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"os/user"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"golang.org/x/sys/unix"

	"gatehouse/node/document"
	"gatehouse/node/host"
	"gatehouse/node/setup"
)

// files that exist, of those that the document names.
func (n Node) files(paths []string, sums *hashes) []document.FileReport {
	found := inParallel(paths, func(path string) *document.FileReport { return n.file(path, sums) })
	files := []document.FileReport{}
	for _, file := range found {
		if file != nil {
			files = append(files, *file)
		}
	}
	return files
}

// file is nil when there is none.
func (n Node) file(path string, sums *hashes) *document.FileReport {
	var stat unix.Stat_t
	if unix.Lstat(n.Host.Path(path), &stat) != nil {
		return nil
	}
	file := document.FileReport{
		Path:  path,
		Type:  typeOf(stat.Mode),
		Owner: userName(stat.Uid) + ":" + groupName(stat.Gid),
		Mode:  strconv.FormatUint(uint64(stat.Mode&0o7777), 8),
		// Whatever it is: a link to a program, for example.
		Foreign: path == host.MeshFile && !setup.IsMeshCommand(n.Host),
	}
	if stat.Mode&unix.S_IFMT != unix.S_IFREG {
		return &file
	}
	if strings.HasPrefix(path, host.ConsulDir+"/") {
		if text, err := n.Host.Read(path); err == nil {
			file.SHA256 = digest(withoutToken.ReplaceAll(text, nil))
		}
		return &file
	}
	file.SHA256 = sums.of(n.Host.Path(path))
	return &file
}

// withoutToken matches the line of a definition that the node wrote into it.
var withoutToken = regexp.MustCompile(`(?m)^  token = "[^"\n]*"(\n|\z)`)

func digest(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// typeOf a file in the words of stat.
func typeOf(mode uint32) string {
	switch mode & unix.S_IFMT {
	case unix.S_IFREG:
		return "regular file"
	case unix.S_IFDIR:
		return "directory"
	case unix.S_IFLNK:
		return "symbolic link"
	case unix.S_IFIFO:
		return "fifo"
	case unix.S_IFSOCK:
		return "socket"
	default:
		return "device"
	}
}

func userName(id uint32) string {
	if found, err := user.LookupId(fmt.Sprint(id)); err == nil {
		return found.Username
	}
	return fmt.Sprint(id)
}

func groupName(id uint32) string {
	if found, err := user.LookupGroupId(fmt.Sprint(id)); err == nil {
		return found.Name
	}
	return fmt.Sprint(id)
}

// hashes of files. A binary of 100 MB that several instances run is read once.
type hashes struct{ known sync.Map }

type inode struct{ device, number uint64 }

// of is the SHA-256 of a file; "" when it cannot be read.
func (h *hashes) of(path string) string {
	file, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer file.Close()
	var stat unix.Stat_t
	if unix.Fstat(int(file.Fd()), &stat) != nil {
		return ""
	}
	sum, _ := h.known.LoadOrStore(inode{uint64(stat.Dev), stat.Ino}, sync.OnceValue(func() string {
		hash := sha256.New()
		if _, err := io.Copy(hash, file); err != nil {
			return ""
		}
		return hex.EncodeToString(hash.Sum(nil))
	}))
	return sum.(func() string)()
}
