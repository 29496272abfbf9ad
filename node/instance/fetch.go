package instance

import (
	"context"
	"fmt"
	"io"
	"path/filepath"

	"gatehouse/node/content"
	"gatehouse/node/host"
)

// fetch the binary of a release to where an uploaded one would be, unless it is here. Only runs that need the same file wait for
// it: the lock of all binaries is taken later.
func (a *apply) fetch(ctx context.Context) error {
	binary, mesh := *a.release.Binary, a.release.Mesh
	unlock, err := a.Host.Lock(ctx, "fetch-"+binary.SHA256)
	if err != nil {
		return err
	}
	defer unlock()
	target := filepath.Join(Incoming(mesh), binary.SHA256)
	if found, err := content.SHA256(a.Host.Path(target)); a.isInPlace(binary) || err == nil && found == binary.SHA256 {
		return nil
	}
	if !a.Host.Exists(Incoming(mesh)) {
		if err := a.Host.Folder(Incoming(mesh), 0o700, host.Owner{}); err != nil {
			return err
		}
	}
	most, err := a.room(content.MostFetched)
	if err != nil {
		return err
	}
	a.Host.Say("fetching %s", binary.URL)
	err = a.putWhole(target, 0o600, func(to io.Writer) error {
		return content.Fetch(ctx, binary.URL, binary.SHA256, to, most, content.UsualPatience)
	})
	if err != nil {
		return fmt.Errorf("the artifact of %s could not be fetched from %s: %w", a.release.Name, binary.URL, err)
	}
	return nil
}

// checkProgram refuses a release whose unit could not start: before anything that serves is touched.
func (a *apply) checkProgram(ctx context.Context) error {
	if a.release.Unit != "" {
		return a.checkUnit(ctx)
	}
	if err := a.checkOwnUnit(ctx); err != nil {
		return err
	}
	for _, program := range append([]string{a.release.Program}, beforePrograms(a.release)...) {
		if program == "" {
			continue
		}
		if fault := content.StartFault(a.Host, program); fault != "" {
			return fmt.Errorf("%s cannot be started: %s", program, content.InWords(fault))
		}
	}
	return nil
}
