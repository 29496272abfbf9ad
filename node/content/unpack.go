package content

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
)

// Unpack an archive into an empty folder. Every path and link has to stay in the folder. Modes become 0755 or 0644, times are not
// kept. After an error, the folder has a part of it.
func Unpack(archive *os.File, format, folder string, limits Limits) error {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return err
	}
	defer root.Close()
	into := &tree{root: root, left: limits, limits: limits, folders: map[string]bool{".": true}}
	switch format {
	case Tar:
		err = into.takeTar(archive)
	case TarGz:
		var unzipped *gzip.Reader
		if unzipped, err = gzip.NewReader(archive); err == nil {
			err = into.takeTar(unzipped)
		}
	case Zip:
		err = into.takeZip(archive)
	default:
		err = fmt.Errorf("it cannot be unpacked: %q is no format of an archive", format)
	}
	if err != nil {
		return err
	}
	return into.finish()
}

func (t *tree) takeTar(from io.Reader) error {
	reader := tar.NewReader(from)
	for {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("it is no whole tar archive: %w", err)
		}
		if err := t.takeHeader(header, reader); err != nil {
			return err
		}
	}
}

func (t *tree) takeHeader(header *tar.Header, content io.Reader) error {
	switch header.Typeflag {
	case tar.TypeXGlobalHeader: // a comment of `git archive`
		return t.count()
	case tar.TypeDir:
		return t.folder(header.Name)
	case tar.TypeReg:
		return t.file(header.Name, header.FileInfo().Mode(), content)
	case tar.TypeSymlink:
		return t.link(header.Name, header.Linkname)
	case tar.TypeLink:
		return t.hardLink(header.Name, header.Linkname)
	}
	return refusal(header.Name, "is neither a file nor a folder nor a link (type %q)", header.Typeflag)
}
