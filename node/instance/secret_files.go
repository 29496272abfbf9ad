package instance

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"gatehouse/node/document"
	"gatehouse/node/host"
)

// secretFilesFile has the texts of a release's secret configuration files, by their paths.
const secretFilesFile = "secret-files.json"

// mostConfig is how many bytes the secret configuration files of a service may have together.
const mostConfig = 256 << 10

// secretContents is the text of secretFilesFile; nil where the release has no such file.
func secretContents(release document.Instance, values map[string]string) ([]byte, error) {
	if len(release.SecretFiles) == 0 {
		return nil, nil
	}
	contents, bytes := map[string]string{}, 0
	for _, file := range release.SecretFiles {
		value := values[file.Secret]
		if value == "" || !isText(value) {
			return nil, fmt.Errorf("the value of %s cannot be the configuration file %s: it has to be text with \\n line ends and not empty. Correct it in the mesh's secrets and deploy again", file.Secret, filepath.Base(file.Path))
		}
		contents[file.Path] = value
		bytes += len(value)
	}
	if bytes > mostConfig {
		return nil, fmt.Errorf("the secret configuration files of %s have %d bytes, and may have %d together", release.Name, bytes, mostConfig)
	}
	return json.Marshal(contents)
}

func isText(text string) bool {
	odd := func(r rune) bool { return unicode.IsControl(r) && r != '\n' && r != '\t' }
	return utf8.ValidString(text) && !strings.ContainsFunc(text, odd)
}

// secretFiles of a release as they have to be on the node. Like the other configuration files, they can be read by all who get into
// their folder, which are root and, where it sees them, the service.
func secretFiles(h *host.Host, release document.Instance) ([]liveFile, error) {
	if len(release.SecretFiles) == 0 {
		return nil, nil
	}
	text, err := h.Read(filepath.Join(releaseFolder(release.Name, release.Release), secretFilesFile))
	contents := map[string]string{}
	if err == nil && json.Unmarshal(text, &contents) != nil { // its error may quote a secret
		err = fmt.Errorf("%s is no JSON of texts", secretFilesFile)
	}
	if err != nil {
		return nil, fmt.Errorf("the secret configuration files of %s cannot be read: %w", release.Name, err)
	}
	var files []liveFile
	for _, file := range release.SecretFiles {
		files = append(files, liveFile{path: file.Path, content: []byte(contents[file.Path]), mode: 0o644, unit: mainUnit(release.Name)})
	}
	return files, nil
}

// paths of the files of a release on the node, but for that of its secret variables.
func paths(release document.Instance) []string {
	all := make([]string, 0, len(release.Files)+len(release.SecretFiles))
	for _, file := range release.Files {
		all = append(all, file.Path)
	}
	for _, file := range release.SecretFiles {
		all = append(all, file.Path)
	}
	return all
}

// hasPath says whether a file is one of a release's.
func hasPath(release document.Instance, path string) bool {
	return slices.Contains(paths(release), path)
}
