// Package testkit has the helpers that the tests of several packages share.
package testkit

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Must ends the test on an error.
func Must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// Stride between the steps of a run that a test disturbs: every step, and with -short (`npm run check`) each seventh.
func Stride() int {
	if testing.Short() {
		return 7
	}
	return 1
}

// Refused needs an error with all of these parts in its message.
func Refused(t testing.TB, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error; expected %q", parts)
	}
	Contains(t, err.Error(), parts...)
}

// Contains needs all of these parts in a text.
func Contains(t testing.TB, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("expected %q in:\n%s", part, text)
		}
	}
}

// Lacks needs none of these parts in a text.
func Lacks(t testing.TB, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if strings.Contains(text, part) {
			t.Errorf("unexpected %q in:\n%s", part, text)
		}
	}
}

// Put writes a file below a root, with its folders, as a person would.
func Put(t testing.TB, root, path, text string) {
	t.Helper()
	file := filepath.Join(root, path)
	Must(t, os.MkdirAll(filepath.Dir(file), 0o755))
	Must(t, os.WriteFile(file, []byte(text), 0o644))
}

// Tree has a line for each file and folder below a root: path, mode, and target or content. skip leaves out a line; nil
// leaves out none.
func Tree(t testing.TB, root string, skip func(path string) bool) string {
	t.Helper()
	var lines []string
	Must(t, filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := strings.TrimPrefix(path, root)
		if skip != nil && skip(name) {
			return nil
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		line := fmt.Sprintf("%s %s", name, info.Mode())
		if target, err := os.Readlink(path); err == nil {
			line += " -> " + target
		} else if text, err := os.ReadFile(path); err == nil {
			line += " " + string(text)
		}
		lines = append(lines, line)
		return nil
	}))
	return strings.Join(lines, "\n")
}

// Difference of two texts, by line: at most a dozen lines of it.
func Difference(expected, got string) string {
	var lines []string
	was, is := strings.Split(expected, "\n"), strings.Split(got, "\n")
	for _, line := range was {
		if !slices.Contains(is, line) {
			lines = append(lines, "- "+line)
		}
	}
	for _, line := range is {
		if !slices.Contains(was, line) {
			lines = append(lines, "+ "+line)
		}
	}
	const enough = 12
	return strings.Join(lines[:min(len(lines), enough)], "\n")
}

// Folder is an empty folder for the files of a node: in memory if possible, since the program flushes each file to its disk.
func Folder(t testing.TB) string {
	t.Helper()
	folder, err := os.MkdirTemp("/dev/shm", "gatehouse-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	return folder
}
