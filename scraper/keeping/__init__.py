"""What keeps database and archive true to each other: pages read again, the database made anew or compared, pages taken out."""
