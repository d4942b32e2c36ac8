package main

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"log/slog"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/bcrypt"
)

// How often a file is looked at again. The kubelet brings a renewed certificate within a minute and a half.
const rereadAfter = 5 * time.Second

// serverFiles are the certificate of the server and the CA of its nodes, read again while they change: the registry itself
// reads its certificate once, when it starts (distribution/distribution#4504).
type serverFiles struct {
	certificate, key, nodes string
	mutex                   sync.Mutex
	current                 *tls.Config
	content                 [3][]byte
	read                    time.Time
}

func newServerFiles(certificate, key, nodes string) *serverFiles {
	return &serverFiles{certificate: certificate, key: key, nodes: nodes}
}

// config is for a handshake that begins now. Files that cannot be read leave the one before in force.
func (f *serverFiles) config() (*tls.Config, error) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	if f.current != nil && time.Since(f.read) < rereadAfter {
		return f.current, nil
	}
	f.read = time.Now()
	if err := f.reread(); err != nil {
		if f.current == nil {
			return nil, err
		}
		slog.Error("the certificate of before stays in force", "error", err)
	}
	return f.current, nil
}

func (f *serverFiles) reread() error {
	var content [3][]byte
	for i, path := range []string{f.certificate, f.key, f.nodes} {
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		content[i] = text
	}
	if f.current != nil && bytes.Equal(content[0], f.content[0]) && bytes.Equal(content[1], f.content[1]) && bytes.Equal(content[2], f.content[2]) {
		return nil
	}
	// The kubelet swaps both files at once, and a reader may still get one of each: then the pair does not fit, and the next look finds it.
	pair, err := tls.X509KeyPair(content[0], content[1])
	if err != nil {
		return err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(content[2]) {
		return errors.New(f.nodes + " holds no certificate")
	}
	f.content = content
	f.current = &tls.Config{
		MinVersion:   tls.VersionTLS12,
		NextProtos:   []string{"h2", "http/1.1"},
		Certificates: []tls.Certificate{pair},
		ClientCAs:    pool,
		ClientAuth:   tls.VerifyClientCertIfGiven,
	}
	slog.Info("serving a certificate", "serial", pair.Leaf.SerialNumber.Text(16), "notAfter", pair.Leaf.NotAfter)
	return nil
}

// logins are the names and bcrypt hashes of an htpasswd file; none where there is no file.
type logins struct {
	path  string
	mutex sync.Mutex
	read  time.Time
	// By name.
	hashes map[string]string
	// Logins that matched, by a hash of name, secret and bcrypt hash: a push asks a hundred times, and bcrypt takes 60 ms.
	matched map[[32]byte]time.Time
}

// At most so many hashes are computed at once: guesses must not take the processor from pulls.
var comparing = make(chan struct{}, 2)

// The hash of a secret that nobody knows, compared where nobody has the name: the time of an answer does not tell which names
// there are.
var nobody = sync.OnceValue(func() string {
	hash, err := bcrypt.GenerateFromPassword([]byte(rand.Text()), bcrypt.DefaultCost)
	if err != nil {
		panic(err)
	}
	return string(hash)
})

const matchedFor = time.Minute

func (l *logins) match(name, secret string) bool {
	hash, known := l.hashOf(name)
	key := sha256.Sum256([]byte(name + "\x00" + secret + "\x00" + hash))
	l.mutex.Lock()
	until, found := l.matched[key]
	l.mutex.Unlock()
	if found && time.Now().Before(until) {
		return true
	}
	if !known {
		hash = nobody()
	}
	comparing <- struct{}{}
	err := bcrypt.CompareHashAndPassword([]byte(hash), []byte(secret))
	<-comparing
	if err != nil || !known {
		return false
	}
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.matched[key] = time.Now().Add(matchedFor)
	return true
}

func (l *logins) hashOf(name string) (string, bool) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.hashes == nil || time.Since(l.read) >= rereadAfter {
		l.read = time.Now()
		l.hashes = map[string]string{}
		if l.matched == nil || len(l.matched) > 1000 {
			l.matched = map[[32]byte]time.Time{}
		}
		text, err := os.ReadFile(l.path)
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			slog.Error("nobody can sign in", "error", err)
		}
		lines := bufio.NewScanner(bytes.NewReader(text))
		for lines.Scan() {
			if name, hash, ok := strings.Cut(strings.TrimSpace(lines.Text()), ":"); ok {
				l.hashes[name] = hash
			}
		}
	}
	hash, known := l.hashes[name]
	return hash, known
}
