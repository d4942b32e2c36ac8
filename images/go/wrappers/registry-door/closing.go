package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// Files on the registry's volume, beside its own folder `docker`.
const (
	// written: its time is that of the last push.
	written = ".written"
	// closed: holds the time until which no push is taken.
	closed = ".closed"
	// acknowledged: the same text, once no push is under way.
	acknowledged = ".acknowledged"
)

// closing counts the pushes that are under way, and refuses new ones while the clean-up runs.
type closing struct {
	folder string
	mutex  sync.Mutex
	open   int
	noted  time.Time
}

func newClosing(folder string) *closing {
	return &closing{folder: folder}
}

// begin says whether a push may begin; `end` must follow then.
func (c *closing) begin() bool {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if closedUntil(c.folder) != "" {
		return false
	}
	c.open++
	c.note()
	return true
}

func (c *closing) end() {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.open--
	c.note()
}

// note keeps the time of the last push, at most once a second.
func (c *closing) note() {
	if time.Since(c.noted) < time.Second {
		return
	}
	c.noted = time.Now()
	if err := os.WriteFile(filepath.Join(c.folder, written), nil, 0o644); err != nil {
		slog.Error("the time of a push could not be noted", "error", err)
		return
	}
	if err := os.Chtimes(filepath.Join(c.folder, written), c.noted, c.noted); err != nil {
		slog.Error("the time of a push could not be noted", "error", err)
	}
}

// acknowledge tells the clean-up, each second, that no push is under way any more.
func (c *closing) acknowledge(ctx context.Context) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		c.mutex.Lock()
		until, idle := closedUntil(c.folder), c.open == 0
		c.mutex.Unlock()
		if until == "" || !idle || readText(filepath.Join(c.folder, acknowledged)) == until {
			continue
		}
		if err := os.WriteFile(filepath.Join(c.folder, acknowledged), []byte(until), 0o644); err != nil {
			slog.Error("the clean-up cannot be told that no push is under way", "error", err)
		}
	}
}

// closedUntil is the text of `closed`; empty where there is none, or where its time is over: a clean-up that died must not
// keep pushes out.
func closedUntil(folder string) string {
	text := readText(filepath.Join(folder, closed))
	until, err := time.Parse(time.RFC3339Nano, text)
	if err != nil || time.Now().After(until) {
		return ""
	}
	return text
}

func readText(path string) string {
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		slog.Error("could not read", "error", err)
	}
	return strings.TrimSpace(string(text))
}

// closeDoor waits for a pause in the pushes, refuses new ones, and returns once none is under way.
func closeDoor(ctx context.Context, folder string, quiet, patience, length time.Duration) error {
	deadline := time.Now().Add(patience)
	for {
		last, err := os.Stat(filepath.Join(folder, written))
		if errors.Is(err, os.ErrNotExist) || (err == nil && time.Since(last.ModTime()) >= quiet) {
			break
		}
		if err != nil {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("somebody has pushed in every %s of the last %s: nothing was cleaned up, the next run tries again", quiet, patience)
		}
		if err := pause(ctx); err != nil {
			return err
		}
	}
	until := time.Now().Add(length).UTC().Format(time.RFC3339Nano)
	path := filepath.Join(folder, closed)
	if err := os.WriteFile(path+".new", []byte(until), 0o644); err != nil {
		return err
	}
	if err := os.Rename(path+".new", path); err != nil {
		return err
	}
	// The longest push that goes on is one layer.
	for deadline := time.Now().Add(length / 4); readText(filepath.Join(folder, acknowledged)) != until; {
		if time.Now().After(deadline) {
			return errors.Join(openDoor(folder), errors.New("the registry did not say that no push is under way: nothing was cleaned up"))
		}
		if err := pause(ctx); err != nil {
			return errors.Join(openDoor(folder), err)
		}
	}
	return nil
}

func openDoor(folder string) error {
	if err := os.Remove(filepath.Join(folder, closed)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

func pause(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(500 * time.Millisecond):
		return nil
	}
}
