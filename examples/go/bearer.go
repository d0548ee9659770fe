// Go with access tokens of authd (`Authorization: Bearer`): `authd init go --way bearer`.
// Run it with the settings of .env in the environment:
// go get github.com/golang-jwt/jwt/v4 && go run bearer.go
package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/base64"
	"encoding/json"
	"io"
	"log"
	"math/big"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/golang-jwt/jwt/v4"
)

type jwk struct{ Kid, Crv, X, Y string }

var issuer, audience, keys = os.Getenv("ISSUER"), os.Getenv("AUDIENCE"), &atomic.Pointer[[]jwk]{}

// Once a minute is enough: authd publishes a key before it signs with it. What is no key set is
// asked for again soon, and the keys from before count until then.
func readKeys() {
	pause, set := 5*time.Second, struct{ Keys []jwk }{}
	reply, err := http.Get(os.Getenv("AUTH_SERVER") + "/.well-known/jwks.json")
	if err == nil {
		defer reply.Body.Close()
		err = json.NewDecoder(io.LimitReader(reply.Body, 1<<20)).Decode(&set)
		if err == nil && reply.StatusCode == http.StatusOK && len(set.Keys) > 0 {
			keys.Store(&set.Keys)
			pause = time.Minute
		}
	}
	log.Printf("read %d keys of authd, again in %s, error: %v", len(set.Keys), pause, err)
	time.AfterFunc(pause, readKeys)
}

func keyOf(token *jwt.Token) (interface{}, error) {
	for _, key := range *keys.Load() {
		if key.Kid == token.Header["kid"] && key.Crv == "P-256" && token.Header["typ"] == "at+jwt" {
			x, _ := base64.RawURLEncoding.DecodeString(key.X)
			y, _ := base64.RawURLEncoding.DecodeString(key.Y)
			X, Y := new(big.Int).SetBytes(x), new(big.Int).SetBytes(y)
			return &ecdsa.PublicKey{Curve: elliptic.P256(), X: X, Y: Y}, nil
		}
	}
	return nil, jwt.ErrTokenUnverifiable
}

func show(w http.ResponseWriter, r *http.Request) {
	claims, text := jwt.MapClaims{}, strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	_, err := jwt.ParseWithClaims(text, claims, keyOf, jwt.WithValidMethods([]string{"ES256"}))
	if err != nil || !claims.VerifyIssuer(issuer, true) || !claims.VerifyAudience(audience, true) ||
		!claims.VerifyExpiresAt(time.Now().Unix(), true) || claims["cnf"] != nil { // bound to a key
		w.Header().Set("WWW-Authenticate", "Bearer")
		http.Error(w, "invalid_token", http.StatusUnauthorized)
		return
	}
	json.NewEncoder(w).Encode(map[string]any{"subject": claims["sub"], "roles": claims["roles"]})
}

func main() {
	http.DefaultClient.Timeout = 5 * time.Second
	keys.Store(&[]jwk{})
	readKeys()
	log.Fatal(http.ListenAndServe("127.0.0.1:"+os.Getenv("PORT"), http.HandlerFunc(show)))
}
