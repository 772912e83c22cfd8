"""Piccolo's configuration: the one engine and the two wings."""

from piccolo.conf.apps import AppRegistry

from ratings.ledger.database import ENGINE

DB = ENGINE

APP_REGISTRY = AppRegistry(apps=["ratings.piccolo_app", "market.piccolo_app"])
