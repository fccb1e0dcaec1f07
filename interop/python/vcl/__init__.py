"""A second implementation of VCL's wire format and session logs, written from SPEC.md.

It reads and checks what others have sent, signed and recorded; it opens no connections itself.
"""
