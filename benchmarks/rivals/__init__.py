"""Other ways to the same answers, each as fast as its library allows."""
