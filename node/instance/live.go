package instance

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"gatehouse/node/document"
	"gatehouse/node/host"
)

// liveFile is a file of a release as it has to be on the node.
type liveFile struct {
	path    string
	content []byte
	mode    os.FileMode
	owner   host.Owner
	// unit that has to restart when the content changes; "" for a definition.
	unit string
}

// liveFiles of a release whose secrets are those of its folder.
func (n *Node) liveFiles(release document.Instance, secrets []byte) ([]liveFile, error) {
	token, err := n.Host.Read(TokenFile(release.Name))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	files := make([]liveFile, 0, len(release.Files)+1)
	for _, file := range release.Files {
		mode, err := file.FileMode()
		if err != nil {
			return nil, err
		}
		live := liveFile{path: file.Path, content: []byte(file.Content), mode: mode}
		switch filepath.Dir(file.Path) {
		case host.UnitDir:
			if live.unit = filepath.Base(file.Path); isHealth(live.unit) {
				live.unit = healthSocket(release.Name) // the sandbox restarts with its socket
			}
		case host.EnvDir, configFolder(release.Name):
			live.unit = mainUnit(release.Name)
		case host.ConsulDir:
			if token != nil {
				live.content = withToken(live.content, strings.TrimSpace(string(token)))
				live.mode, live.owner = 0o640, host.ConsulMayRead
			}
		}
		files = append(files, live)
	}
	if secrets != nil {
		files = append(files, liveFile{path: secretEnvPath(release.Name), content: secrets, mode: 0o600, unit: mainUnit(release.Name)})
	}
	return files, nil
}

// definitionBegins is the line after which the instance's token is written: no release holds the token.
const definitionBegins = "service {\n"

func withToken(definition []byte, token string) []byte {
	return bytes.Replace(definition, []byte(definitionBegins), []byte(definitionBegins+"  token = "+strconv.Quote(token)+"\n"), 1)
}

// firstCheck is where a check begins in a definition.
const firstCheck = "  check {\n"

// withResult gives the first check of a definition an initial result: the agent makes its own first check at any moment
// within the interval.
func withResult(definition []byte) []byte {
	return bytes.Replace(definition, []byte(firstCheck), []byte(firstCheck+"    status = \"passing\"\n"), 1)
}
