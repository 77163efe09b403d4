"""Tests of Grija."""
