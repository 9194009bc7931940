// Whether one light and hard edges must do: large pictures on a slow processor.
override is_plain: bool = false;
