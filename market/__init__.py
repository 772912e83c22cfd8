"""The marketplace and every door of it: it asks the bureau (`ratings`) and obeys."""
