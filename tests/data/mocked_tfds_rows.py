"""`tfds_rows` on data that TensorFlow Datasets makes up for tests."""

import tensorflow_datasets

from distill_jax.data import tfds_rows

ROWS = 12

if __name__ == '__main__':
  with tensorflow_datasets.testing.mock_data(num_examples=ROWS):
    tfds_rows.main()
