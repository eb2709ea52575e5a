"""The messages that the clients of the page Signing open or refuse, by the vectors of the SDKs: a program for each
language reads lines and answers each with one, the Base64 of what it opened or `refused`.
"""

import base64
import json
from pathlib import Path
from typing import Any, Final

VECTORS: Final[Any] = json.loads((Path(__file__).parents[2] / "sdk/vectors.json").read_text("utf-8"))
REFUSED: Final = "refused"


def sandbox_json() -> str:
    """Keys in the form of a sandbox's, those of the vectors."""
    keys, card, payout = VECTORS["keys"], VECTORS["card"], VECTORS["payout"]
    merchant = keys["merchant"]["private_pem"]
    described = {
        "base_url": "http://127.0.0.1:9",
        "card": {
            "api_key": card["api_key"],
            "secret_key": card["secret_key"],
            "platform_public_key": keys["platform"]["public_der"],
            "merchant_private_key": merchant,
        },
        "payout": {
            "api_key": payout["api_key"],
            "system_public_key": keys["system"]["public_der"],
            "merchant_private_key": merchant,
        },
    }
    return json.dumps(described)


def lines() -> list[tuple[str, str]]:
    """Each line that a program is given, and its answer."""
    found = []
    for vector in VECTORS["vectors"]:
        if vector["kind"] == "jwe_open" and vector["opens"] and vector["key"] == "merchant":
            found.append((f"jwe\t{vector['token']}", _coded(vector["plaintext"])))
        elif vector["kind"] == "sealed_open" and vector["version"] == 2 and vector["opens"]:
            found.append((f"sealed\t{vector['sealed']}", _coded(vector["text"])))
        elif vector["kind"] == "card_webhook" and vector["check"] in (None, "signature"):
            headers = {name.lower(): value for name, value in vector["headers"].items()}
            line = f"push\t{vector['body']}\t{headers['x-upa-timestamp']}\t{headers['x-upa-sign']}"
            found.append((line, REFUSED if vector["check"] else _coded("push")))
    return found


def _coded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


JAVA: Final = """
import java.nio.charset.StandardCharsets;
import java.nio.file.*;
import java.util.Base64;
class Vectors {
    public static void main(String[] arguments) throws Exception {
        for (String line : Files.readAllLines(Path.of("vectors.txt"))) {
            String[] parts = line.split("\\t");
            String said;
            try {
                if (parts[0].equals("jwe")) said = Signing.decrypt(parts[1]);
                else if (parts[0].equals("sealed")) said = Signing.unseal(parts[1]);
                else { Signing.cardPush(parts[1], parts[2], parts[3]); said = "push"; }
                said = Base64.getEncoder().encodeToString(said.getBytes(StandardCharsets.UTF_8));
            } catch (SecurityException fault) { said = "refused"; }
            System.out.println(said);
        }
    }
}
"""
PHP: Final = """<?php
require_once 'signing.php';
foreach (file('vectors.txt', FILE_IGNORE_NEW_LINES) as $line) {
    $parts = explode("\\t", $line);
    try {
        $said = match ($parts[0]) {
            'jwe' => decrypt($parts[1]),
            'sealed' => unseal($parts[1]),
            'push' => card_push($parts[1], $parts[2], $parts[3]) ? 'push' : '',
        };
        echo base64_encode($said), "\\n";
    } catch (RuntimeException) {
        echo "refused\\n";
    }
}
"""
GO: Final = """package main

import (
	"encoding/base64"
	"fmt"
	"os"
	"strings"
)

func main() {
	for _, line := range strings.Split(strings.TrimSpace(string(must(os.ReadFile("vectors.txt")))), "\\n") {
		parts, said := strings.Split(line, "\\t"), "push"
		switch parts[0] {
		case "jwe":
			said = string(decrypt(parts[1], private(key("card", "merchant_private_key"))))
		case "sealed":
			said = unseal(parts[1])
		default:
			if _, fault := cardPush(parts[1], parts[2], parts[3]); fault != nil {
				fmt.Println("refused")
				continue
			}
		}
		fmt.Println(base64.StdEncoding.EncodeToString([]byte(said)))
	}
}
"""
PROGRAMS: Final = {
    "Java": ("Vectors.java", JAVA, "javac -encoding UTF-8 Vectors.java Signing.java && java Vectors"),
    "PHP": ("vectors.php", PHP, "php vectors.php"),
    "Go": ("vectors.go", GO, "go run signing.go vectors.go"),
}
"""File, program and command of each language."""
