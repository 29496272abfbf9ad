package instance

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"gatehouse/node/content"
	"gatehouse/node/document"
	"gatehouse/node/host"
	"gatehouse/node/undo"
)

const (
	// Unpacked is the folder of an unpacked archive, in the folder of its SHA-256.
	Unpacked = "files"
	// digestFile has the digest that the unpacked folder had.
	digestFile = ".unpacked"
	// Names while an archive is unpacked. A killed run leaves them; the next one removes them.
	packedFile, staging, replaced = ".archive", ".staging", ".replaced"
)

// IsUnpacked says whether an archive is there as it was unpacked.
func IsUnpacked(h *host.Host, sha256 string) bool {
	folder := filepath.Join(host.Binaries, sha256)
	wanted, err := h.Read(filepath.Join(folder, digestFile))
	if err != nil {
		return false
	}
	found, err := content.Digest(h.Path(filepath.Join(folder, Unpacked)))
	return err == nil && found == string(wanted)
}

// unpack an archive next to its place, and move it there when all of it is on the disk.
func (n *Node) unpack(ctx context.Context, from io.Reader, binary document.Binary) error {
	folder := filepath.Join(host.Binaries, binary.SHA256)
	at := func(name string) string { return filepath.Join(folder, name) }
	clean := func() error {
		return errors.Join(n.Host.Remove(at(packedFile)), n.Host.Remove(at(staging)), n.Host.Remove(at(replaced)))
	}
	if err := clean(); err != nil {
		return err
	}
	err := undo.Steps(ctx,
		func(context.Context) error { return n.putChecked(from, at(packedFile), 0o600, binary.SHA256) },
		func(context.Context) error { return n.unpackInto(at(staging), at(packedFile), binary.Archive) },
		func(context.Context) error { return n.writeDigest(at(staging), at(digestFile)) },
		func(context.Context) error { return n.swapFolders(at(staging), at(Unpacked), at(replaced)) },
	)
	return errors.Join(err, clean())
}

func (n *Node) writeDigest(of, to string) error {
	digest, err := content.Digest(n.Host.Path(of))
	if err != nil {
		return err
	}
	return n.Host.Write(to, []byte(digest), 0o644, host.Owner{})
}

// swapFolders puts a folder in the place of one that is not as it was unpacked, if there is one.
func (n *Node) swapFolders(from, to, aside string) error {
	if n.Host.Exists(to) {
		if err := n.Host.Rename(to, aside); err != nil {
			return err
		}
	}
	err := n.Host.Rename(from, to)
	if err != nil && n.Host.Exists(aside) {
		return errors.Join(err, n.Host.Rename(aside, to))
	}
	return err
}

func (n *Node) unpackInto(folder, packed, format string) error {
	if err := n.Host.Folder(folder, 0o755, host.Owner{}); err != nil {
		return err
	}
	archive, err := os.Open(n.Host.Path(packed))
	if err != nil {
		return err
	}
	defer archive.Close()
	limits := content.Most
	if limits.Bytes, err = n.room(limits.Bytes); err != nil {
		return err
	}
	if err := content.Unpack(archive, format, n.Host.Path(folder), limits); err != nil {
		return err
	}
	return flush(n.Host.Path(folder))
}

// spare bytes of the disk are for Consul and for releases.
const spare = 64 << 20

// room in bytes for binaries, at most so many.
func (n *Node) room(most int64) (int64, error) {
	var stat unix.Statfs_t
	if err := unix.Statfs(n.Host.Path(host.Binaries), &stat); err != nil {
		return 0, err
	}
	return max(0, min(most, int64(stat.Bavail)*int64(stat.Bsize)-spare)), nil
}

// flush the file system of a folder to its disk: one call for thousands of files.
func flush(folder string) error {
	at, err := os.Open(folder)
	if err != nil {
		return err
	}
	defer at.Close()
	return unix.Syncfs(int(at.Fd()))
}
