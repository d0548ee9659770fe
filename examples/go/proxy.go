// Go behind a proxy that asks authd about each request: `authd init go`.
// Run it with the settings of .env in the environment: go run proxy.go
package main

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"log"
	"net/http"
	"os"
	"strings"
)

type user struct {
	Subject string   `json:"subject"`
	Name    string   `json:"name"`
	Roles   []string `json:"roles"`
}

func refuse(w http.ResponseWriter, status int, code string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]string{"error": code})
}

// Anybody can send X-Auth-* headers. They count only if the proxy sent them.
func requireUser(secret string, next func(http.ResponseWriter, *http.Request, user)) http.Handler {
	expected := sha256.Sum256([]byte(secret))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sent := sha256.Sum256([]byte(r.Header.Get("X-Proxy-Secret")))
		if subtle.ConstantTimeCompare(sent[:], expected[:]) != 1 {
			refuse(w, http.StatusForbidden, "not_from_the_proxy")
			return
		}
		subject := r.Header.Get("X-Auth-Subject")
		if subject == "" {
			refuse(w, http.StatusUnauthorized, "not_signed_in")
			return
		}
		isComma := func(c rune) bool { return c == ',' }
		roles := strings.FieldsFunc(r.Header.Get("X-Auth-Roles"), isComma)
		next(w, r, user{subject, r.Header.Get("X-Auth-User"), roles})
	})
}

func main() {
	secret := os.Getenv("PROXY_SECRET")
	if len(secret) < 32 {
		log.Fatal("PROXY_SECRET needs at least 32 characters")
	}
	show := func(w http.ResponseWriter, r *http.Request, u user) { json.NewEncoder(w).Encode(u) }
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), requireUser(secret, show)))
}
