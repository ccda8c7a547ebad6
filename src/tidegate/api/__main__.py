"""`python -m tidegate.api`: print the API's description to standard output, for the console's typed client."""

import sys

from tidegate.api.openapi import openapi_json

if __name__ == "__main__":
    sys.stdout.buffer.write(openapi_json())
