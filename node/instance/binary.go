package instance

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/google/renameio/v2"
	"golang.org/x/sys/unix"

	"gatehouse/node/content"
	"gatehouse/node/document"
	"gatehouse/node/host"
)

func binaryPath(binary document.Binary) string {
	return filepath.Join(host.Binaries, binary.SHA256, binary.Name)
}

// uploadedAt is where a binary arrives.
func (n *Node) uploadedAt(mesh string, binary document.Binary) string {
	uploaded := filepath.Join(Incoming(mesh), binary.SHA256)
	if !n.Host.Exists(uploaded) && binary.URL == "" {
		return filepath.Join(host.Incoming, binary.SHA256) // of an earlier version's deploy
	}
	return uploaded
}

// isInPlace says whether a binary is there whole, and unpacked if it is an archive.
func (n *Node) isInPlace(binary document.Binary) bool {
	if binary.Archive != "" {
		return IsUnpacked(n.Host, binary.SHA256)
	}
	target := binaryPath(binary)
	sum, err := content.SHA256(n.Host.Path(target))
	return err == nil && sum == binary.SHA256 && n.Host.Owns(target, 0o755, host.Owner{})
}

// takeBinary moves an uploaded or fetched binary to its place, or finds it there. The user who deploys may still change the
// uploaded file, so the copy is checked.
func (a *apply) takeBinary(ctx context.Context) error {
	n, release, binary := a.Node, a.release, *a.release.Binary
	if !document.ValidName(binary.SHA256) || !document.ValidName(binary.Name) {
		return fmt.Errorf("%q is not the name of a binary", binary.SHA256+"/"+binary.Name)
	}
	uploaded := n.uploadedAt(release.Mesh, binary)
	if n.isInPlace(binary) {
		return errors.Join(n.use(release.Mesh, binary.SHA256), n.Host.Remove(uploaded))
	}
	// A link there could lead to any file, and a pipe would never end.
	from, err := os.OpenFile(n.Host.Path(uploaded), os.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the binary of %s (sha256 %s) is not on this node; %s", release.Name, binary.SHA256, again(binary))
	}
	if err != nil {
		return err
	}
	defer from.Close()
	if err := n.Host.Folder(filepath.Dir(binaryPath(binary)), 0o755, host.Owner{}); err != nil {
		return err
	}
	if err := a.place(ctx, from, binary, uploaded); err != nil {
		n.Host.RemoveEmpty(filepath.Dir(binaryPath(binary)))
		return err
	}
	a.renewed = a.old != nil && a.old.Binary != nil && a.old.Binary.SHA256 == binary.SHA256
	return errors.Join(n.use(release.Mesh, binary.SHA256), n.Host.Remove(uploaded))
}

// place a binary, whole or not at all.
func (a *apply) place(ctx context.Context, from io.Reader, binary document.Binary, uploaded string) error {
	name, target := a.release.Name, binaryPath(binary)
	var err error
	if binary.Archive == "" {
		err = a.putChecked(from, target, 0o755, binary.SHA256)
	} else {
		err = a.unpack(ctx, from, binary)
	}
	switch {
	case errors.Is(err, errOtherContent):
		_ = a.Host.Remove(uploaded)
		return fmt.Errorf("the binary of %s did not arrive whole, or is another one: not the file with sha256 %s; %s", name, binary.SHA256, again(binary))
	case err != nil:
		return fmt.Errorf("the binary of %s could not be put at %s: %w", name, target, err)
	}
	return nil
}

// again is the remedy when a binary is missing.
func again(binary document.Binary) string {
	if binary.URL != "" {
		return "deploy again: this node fetches it from " + binary.URL
	}
	return "upload it again: replace the Terraform resource " + binary.Resource
}

var errOtherContent = errors.New("other content")

func (n *Node) putChecked(from io.Reader, target string, mode fs.FileMode, sum string) error {
	hash := sha256.New()
	return n.putWhole(target, mode, func(to io.Writer) error {
		if _, err := io.Copy(io.MultiWriter(to, hash), from); err != nil {
			return err
		}
		if hex.EncodeToString(hash.Sum(nil)) != sum {
			return errOtherContent
		}
		return nil
	})
}

// putWhole puts what is written at target, unless that fails.
func (n *Node) putWhole(target string, mode fs.FileMode, write func(to io.Writer) error) error {
	if n.Host.Fault != nil {
		if err := n.Host.Fault("write " + target); err != nil {
			return err
		}
	}
	pending, err := renameio.NewPendingFile(n.Host.Path(target), renameio.WithTempDir(filepath.Dir(n.Host.Path(target))), renameio.WithStaticPermissions(mode))
	if err != nil {
		return err
	}
	defer pending.Cleanup() //nolint:errcheck // nothing is left after the file took its place
	if err := write(pending); err != nil {
		return err
	}
	return pending.CloseAtomicallyReplace()
}

// dropBinaries removes those of these binaries that no release needs.
func (n *Node) dropBinaries(ctx context.Context, mesh string, binaries []string) error {
	if len(binaries) == 0 {
		return nil
	}
	unlock, err := n.Host.Lock(ctx, BinariesLock)
	if err != nil {
		return err
	}
	defer unlock()
	needed := NeededBinaries(n.Host)
	var failed []error
	for _, binary := range binaries {
		if !needed[binary] && document.ValidName(binary) {
			failed = append(failed, DropBinary(n.Host, mesh, binary, false))
		}
	}
	return errors.Join(failed...)
}
