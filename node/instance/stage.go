package instance

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strings"

	"gatehouse/node/document"
	"gatehouse/node/host"
	"gatehouse/node/secrets"
)

// stage the release and its binary on the node; nothing of it is in service yet.
func (a *apply) stage(ctx context.Context, values map[string]string) error {
	name := a.release.Name
	secret, err := a.secretParts(values)
	if err != nil {
		return err
	}
	if a.old == nil && !a.Host.Exists(Home(name)) {
		a.undo.Add("remove "+Home(name), func(context.Context) error { return a.Host.Remove(Home(name)) })
	}
	for _, folder := range []string{host.Binaries, host.Fences, Home(name), Home(name) + "/releases"} {
		if err := a.Host.Folder(folder, 0o755, host.Owner{}); err != nil {
			return err
		}
	}
	if err := a.Host.Folder(host.EnvDir, 0o700, host.Owner{}); err != nil {
		return err
	}
	if err := a.stageConfig(); err != nil {
		return err
	}
	if a.release.Binary != nil {
		if a.release.Binary.URL != "" {
			if err := a.fetch(ctx); err != nil {
				return err
			}
		}
		// Services of this node may share one: no other run may remove it as unneeded before a release names it.
		unlock, err := a.Host.Lock(ctx, BinariesLock)
		if err != nil {
			return err
		}
		defer unlock()
		if err := a.takeBinary(ctx); err != nil {
			return err
		}
	}
	unstage, err := stage(a.Host, a.release, secret)
	if err != nil {
		return fmt.Errorf("the release could not be written: %w", err)
	}
	a.undo.Add("remove the release "+a.release.Release, func(context.Context) error { return a.giveUp(unstage) })
	return a.checkProgram(ctx)
}

// secretParts are the files of a release's folder that only root reads; nil for one that the release does not have.
type secretParts struct{ env, files []byte }

func (a *apply) secretParts(values map[string]string) (secret secretParts, err error) {
	if secret.env, err = a.secretText(values); err != nil {
		return secret, err
	}
	secret.files, err = secretContents(a.release, values)
	return secret, err
}

func (a *apply) secretText(values map[string]string) ([]byte, error) {
	if len(a.release.Secrets) == 0 {
		return nil, nil
	}
	names := make([]string, len(a.release.Secrets))
	for i, one := range a.release.Secrets {
		names[i] = one.Name
	}
	return secrets.Environment(values, names)
}

// recoverReplaced puts a release back that a killed run had moved away.
func recoverReplaced(h *host.Host, name string) error {
	folder := filepath.Join(Home(name), "releases")
	for _, one := range h.List(folder) {
		release, replaced := strings.CutSuffix(one, replacedSuffix)
		if replaced && !h.Exists(filepath.Join(folder, release)) {
			if err := h.Rename(filepath.Join(folder, one), filepath.Join(folder, release)); err != nil {
				return err
			}
		}
	}
	return nil
}

// replacedSuffix of a release's folder while another content takes its name.
const replacedSuffix = ".replaced"

// stage puts a release into its folder, whole or not at all, and returns a function that undoes it.
func stage(h *host.Host, release document.Instance, secret secretParts) (unstage func() error, err error) {
	text, err := json.MarshalIndent(release, "", "  ")
	if err != nil {
		return nil, err
	}
	text = append(text, '\n')
	folder := releaseFolder(release.Name, release.Release)
	if sameFile(h, filepath.Join(folder, documentFile), text) && sameFile(h, filepath.Join(folder, secretFile), secret.env) &&
		sameFile(h, filepath.Join(folder, secretFilesFile), secret.files) {
		return func() error { return nil }, nil // it is there already, and perhaps in service
	}
	staging, replaced := folder+".staging", folder+replacedSuffix
	for _, leftover := range []string{staging, replaced} {
		if err := h.Remove(leftover); err != nil {
			return nil, err
		}
	}
	if err := writeRelease(h, staging, text, secret); err != nil {
		return nil, errors.Join(err, h.Remove(staging))
	}
	existed := h.Exists(folder)
	if existed {
		if err := h.Rename(folder, replaced); err != nil {
			return nil, errors.Join(err, h.Remove(staging))
		}
	}
	unstage = func() error {
		err := h.Remove(folder)
		if existed {
			err = errors.Join(err, h.Rename(replaced, folder))
		}
		return err
	}
	if err := h.Rename(staging, folder); err != nil {
		return nil, errors.Join(err, unstage(), h.Remove(staging))
	}
	return unstage, nil
}

func writeRelease(h *host.Host, folder string, text []byte, secret secretParts) error {
	if err := h.Folder(folder, 0o755, host.Owner{}); err != nil {
		return err
	}
	// The document has the environment, which only root may read.
	for _, one := range []struct {
		name string
		text []byte
	}{{documentFile, text}, {secretFile, secret.env}, {secretFilesFile, secret.files}} {
		if one.text == nil {
			continue
		}
		if err := h.Write(filepath.Join(folder, one.name), one.text, 0o600, host.Owner{}); err != nil {
			return err
		}
	}
	return nil
}

func sameFile(h *host.Host, path string, content []byte) bool {
	have, err := h.Read(path)
	if content == nil {
		return errors.Is(err, fs.ErrNotExist)
	}
	return err == nil && bytes.Equal(have, content)
}
