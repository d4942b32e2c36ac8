package main

import (
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// readKeep reads what stays: REPOSITORY@DIGEST or REPOSITORY:TAG, a line each.
func readKeep(path string) (map[string]bool, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	kept := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" {
			kept[line] = true
		}
	}
	return kept, nil
}

// prune takes manifests out of their repositories that nothing keeps and that were pushed before a time, with their tags.
// Blobs stay: `registry garbage-collect` drops those that no manifest names any more.
//
// The folders are those of the registry (distribution, registry/storage/paths.go).
func prune(data string, kept map[string]bool, before time.Time) error {
	root := filepath.Join(data, "docker", "registry", "v2")
	repositories := filepath.Join(root, "repositories")
	// garbage-collect fails where there is no such folder, as in a registry to which nobody has pushed.
	if err := os.MkdirAll(repositories, 0o755); err != nil {
		return err
	}
	return filepath.WalkDir(repositories, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if !entry.IsDir() || entry.Name() != "_manifests" {
			if strings.HasPrefix(entry.Name(), "_") && entry.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		name, err := filepath.Rel(repositories, filepath.Dir(path))
		if err != nil {
			return err
		}
		if err := pruneRepository(root, path, name, kept, before); err != nil {
			return err
		}
		return fs.SkipDir
	})
}

// manifest of a repository: when it was pushed last, and under which tags.
type manifest struct {
	pushed time.Time
	tags   []string
}

func pruneRepository(root, folder, name string, kept map[string]bool, before time.Time) error {
	all, err := manifestsOf(folder)
	if err != nil {
		return err
	}
	stays := map[string]bool{}
	for digest, each := range all {
		if kept[name+"@"+digest] || !each.pushed.Before(before) {
			stays[digest] = true
		}
		for _, tag := range each.tags {
			if kept[name+":"+tag] {
				stays[digest] = true
			}
		}
	}
	for digest := range stays {
		children, err := childrenOf(root, digest)
		if err != nil {
			return err
		}
		for _, child := range children {
			stays[child] = true
		}
	}
	for digest, each := range all {
		if stays[digest] {
			continue
		}
		for _, tag := range each.tags {
			if err := os.RemoveAll(filepath.Join(folder, "tags", tag)); err != nil {
				return err
			}
		}
		if err := os.RemoveAll(filepath.Join(folder, "revisions", "sha256", strings.TrimPrefix(digest, "sha256:"))); err != nil {
			return err
		}
		slog.Info("dropped", "image", name+"@"+digest, "tags", each.tags, "pushed", each.pushed)
	}
	return nil
}

func manifestsOf(folder string) (map[string]*manifest, error) {
	all := map[string]*manifest{}
	revisions, err := readFolder(filepath.Join(folder, "revisions", "sha256"))
	if err != nil {
		return nil, err
	}
	for _, revision := range revisions {
		info, err := revision.Info()
		if err != nil {
			return nil, err
		}
		all["sha256:"+revision.Name()] = &manifest{pushed: info.ModTime()}
	}
	tags, err := readFolder(filepath.Join(folder, "tags"))
	if err != nil {
		return nil, err
	}
	for _, tag := range tags {
		link := filepath.Join(folder, "tags", tag.Name(), "current", "link")
		info, err := os.Stat(link)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if each := all[readText(link)]; each != nil {
			each.tags = append(each.tags, tag.Name())
			if info.ModTime().After(each.pushed) {
				each.pushed = info.ModTime()
			}
		}
	}
	return all, nil
}

// childrenOf an index: the manifests that it names; none of a manifest itself.
func childrenOf(root, digest string) ([]string, error) {
	hex := strings.TrimPrefix(digest, "sha256:")
	text, err := os.ReadFile(filepath.Join(root, "blobs", "sha256", hex[:2], hex, "data"))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var index struct {
		Manifests []struct {
			Digest string `json:"digest"`
		} `json:"manifests"`
	}
	if err := json.Unmarshal(text, &index); err != nil {
		return nil, err
	}
	var children []string
	for _, each := range index.Manifests {
		children = append(children, each.Digest)
	}
	return children, nil
}

func readFolder(path string) ([]fs.DirEntry, error) {
	entries, err := os.ReadDir(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	return entries, err
}
