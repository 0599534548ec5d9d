package main

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"os"
	"strconv"
	"strings"
)

func main() {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		words := strings.Split(lines.Text(), " ")
		text := func(at int) string {
			bytes, _ := hex.DecodeString(words[at])
			return string(bytes)
		}
		number := func(at int) int64 {
			value, _ := strconv.ParseInt(words[at], 10, 64)
			return value
		}
		it, err := Mint(text(0), text(1), text(2), number(3), number(4))
		if err != nil {
			fmt.Println("refused")
			continue
		}
		fmt.Printf("%s\t%s\t%s\t%s\t%d\t%s\n", it.Username, it.Password, it.SIPUsername, it.SIPPassword, it.Expires, it.JID)
	}
}
