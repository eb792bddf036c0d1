"""Reads one region at one moment, in one transaction, into typed rows; decides nothing about them."""
