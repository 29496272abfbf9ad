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

	"gatehouse/node/document"
	"gatehouse/node/host"
)

func binaryPath(binary document.Binary) string {
	return filepath.Join(host.Binaries, binary.SHA256, binary.Name)
}

// takeBinary moves an uploaded binary to its place, or finds it there. The user who deploys may still change the uploaded
// file, so the copy is checked.
func (n *Node) takeBinary(release document.Instance) error {
	name, binary := release.Name, *release.Binary
	again := "upload it again: replace the Terraform resource " + binary.Resource
	if !document.ValidName(binary.SHA256) || !document.ValidName(binary.Name) {
		return fmt.Errorf("%q is not the name of a binary", binary.SHA256+"/"+binary.Name)
	}
	target, uploaded := binaryPath(binary), filepath.Join(Incoming(release.Mesh), binary.SHA256)
	if !n.Host.Exists(uploaded) {
		uploaded = filepath.Join(host.Incoming, binary.SHA256) // of an earlier version's deploy
	}
	if sum, err := SHA256(n.Host.Path(target)); err == nil && sum == binary.SHA256 && n.Host.Owns(target, 0o755, host.Owner{}) {
		return errors.Join(n.use(release.Mesh, binary.SHA256), n.Host.Remove(uploaded))
	}
	// A link there could lead to any file, and a pipe would never end.
	from, err := os.OpenFile(n.Host.Path(uploaded), os.O_RDONLY|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("the binary of %s (sha256 %s) is not on this node; %s", name, binary.SHA256, again)
	}
	if err != nil {
		return err
	}
	defer from.Close()
	if err := n.Host.Folder(filepath.Dir(target), 0o755, host.Owner{}); err != nil {
		return err
	}
	if err := n.putChecked(from, target, binary.SHA256); err != nil {
		n.Host.RemoveEmpty(filepath.Dir(target))
		if errors.Is(err, errOtherContent) {
			_ = n.Host.Remove(uploaded)
			return fmt.Errorf("the binary of %s did not arrive whole, or is another one: not the file with sha256 %s; %s", name, binary.SHA256, again)
		}
		return fmt.Errorf("the binary of %s could not be put at %s: %w", name, target, err)
	}
	return errors.Join(n.use(release.Mesh, binary.SHA256), n.Host.Remove(uploaded))
}

var errOtherContent = errors.New("other content")

func (n *Node) putChecked(from io.Reader, target, sum string) error {
	if n.Host.Fault != nil {
		if err := n.Host.Fault("write " + target); err != nil {
			return err
		}
	}
	pending, err := renameio.NewPendingFile(n.Host.Path(target), renameio.WithTempDir(filepath.Dir(n.Host.Path(target))), renameio.WithStaticPermissions(0o755))
	if err != nil {
		return err
	}
	defer pending.Cleanup() //nolint:errcheck // nothing is left after the file took its place
	hash := sha256.New()
	if _, err := io.Copy(io.MultiWriter(pending, hash), from); err != nil {
		return err
	}
	if hex.EncodeToString(hash.Sum(nil)) != sum {
		return errOtherContent
	}
	return pending.CloseAtomicallyReplace()
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
