package xds

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/pem"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"gatehouse/node/host"
)

// authority that may have signed what the agent shows.
type authority struct {
	// source is a file, or says in words where it was found.
	source       string
	certificates []*x509.Certificate
}

// signed says whether a chain is valid by this authority, as Envoy checks it: names do not count, time and purpose do.
func (a authority) signed(chain []*x509.Certificate) bool {
	roots, between := x509.NewCertPool(), x509.NewCertPool()
	for _, one := range a.certificates {
		roots.AddCert(one)
	}
	for _, one := range chain[1:] {
		between.AddCert(one)
	}
	_, err := chain[0].Verify(x509.VerifyOptions{Roots: roots, Intermediates: between, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}})
	return err == nil
}

func (a authority) pem() string {
	var text bytes.Buffer
	for _, one := range a.certificates {
		_ = pem.Encode(&text, &pem.Block{Type: "CERTIFICATE", Bytes: one.Raw}) // a buffer never fails
	}
	return text.String()
}

// candidates from the most to the least likely: what the agent itself is configured with, the mesh's own authority
// (auto-encrypt), what else is in the agent's folder, and what it sends.
func (f Finder) candidates(ctx context.Context, self map[string]map[string]any, chain []*x509.Certificate) []authority {
	var files []string
	files = append(files, f.configured(self)...)
	files = append(files, f.written()...)
	found := f.read(files)
	if roots, err := f.Agent.RootCertificates(ctx); err == nil {
		found = add(found, "the authority of the mesh (/v1/agent/connect/ca/roots)", []byte(strings.Join(roots, "\n")))
	}
	found = append(found, f.read(f.below(host.ConsulDir))...)
	return append(found, authoritiesIn("the chain that it sends", chain)...)
}

// configured are the authorities' files and folders that the agent names on its own page.
func (f Finder) configured(self map[string]map[string]any) []string {
	settings, _ := self["DebugConfig"]["TLS"].(map[string]any)
	var files []string
	for _, part := range []string{"GRPC", "InternalRPC", "HTTPS"} {
		of, _ := settings[part].(map[string]any)
		file, _ := of["CAFile"].(string)
		folder, _ := of["CAPath"].(string)
		files = append(files, file)
		files = append(files, f.below(folder)...)
	}
	return files
}

var setting = regexp.MustCompile(`"?\bca_(file|path)"?\s*[=:]\s*"(/[^"]+)"`)

// written are those that the files in the agent's folder name: without a token the agent does not say.
func (f Finder) written() []string {
	var files []string
	for _, name := range f.Host.List(host.ConsulDir) {
		if extension := filepath.Ext(name); extension != ".hcl" && extension != ".json" {
			continue
		}
		text, _ := f.Host.Read(filepath.Join(host.ConsulDir, name))
		for _, found := range setting.FindAllStringSubmatch(string(text), -1) {
			if found[1] == "file" {
				files = append(files, found[2])
			} else {
				files = append(files, f.below(found[2])...)
			}
		}
	}
	return files
}

// below a folder: every file that may hold certificates.
func (f Finder) below(folder string) []string {
	if folder == "" {
		return nil
	}
	var files []string
	_ = filepath.WalkDir(f.Host.Path(folder), func(path string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && slices.Contains([]string{".pem", ".crt", ".cer", ".cert", ".0"}, filepath.Ext(path)) {
			within, _ := filepath.Rel(f.Host.Path(folder), path)
			files = append(files, filepath.Join(folder, within))
		}
		return nil // an unreadable file is no candidate
	})
	return files
}

// read the files, each once.
func (f Finder) read(files []string) []authority {
	var found []authority
	for i, file := range files {
		if file == "" || slices.Contains(files[:i], file) {
			continue
		}
		if text, err := f.Host.Read(file); err == nil {
			found = add(found, file, text)
		}
	}
	return found
}

// add the authorities among the certificates in a text.
func add(found []authority, source string, text []byte) []authority {
	var certificates []*x509.Certificate
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if one, err := x509.ParseCertificate(block.Bytes); block.Type == "CERTIFICATE" && err == nil {
			certificates = append(certificates, one)
		}
	}
	return append(found, authoritiesIn(source, certificates)...)
}

// authoritiesIn a list of certificates. A certificate that is no authority's is left out: it would be valid only until it is
// renewed.
func authoritiesIn(source string, certificates []*x509.Certificate) []authority {
	authorities := slices.DeleteFunc(slices.Clone(certificates), func(one *x509.Certificate) bool {
		return !one.IsCA && !bytes.Equal(one.RawIssuer, one.RawSubject)
	})
	if len(authorities) == 0 {
		return nil
	}
	return []authority{{source, authorities}}
}
