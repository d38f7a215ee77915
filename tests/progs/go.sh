# A Go program: goroutines, channels, timers, signals, a child, files. Left out without a Go compiler.
command -v go >/dev/null || { echo "no go"; exit 0; }
export HOME=$PWD GOCACHE=$GO_CACHE GOFLAGS=-mod=mod GO111MODULE=off GOTOOLCHAIN=local
cp "$P/prog.go.txt" prog.go
[ -x "$GO_CACHE/prog" ] || go build -o "$GO_CACHE/prog" prog.go || exit
"$GO_CACHE/prog" a b; echo $?
