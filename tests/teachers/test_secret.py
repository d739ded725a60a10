import pytest

from distill_jax.teachers import secret


def test_the_file_goes_before_the_variable(tmp_path, monkeypatch):
  monkeypatch.setenv('MY_KEY', 'from-variable')
  assert secret.Key(variable='MY_KEY').read() == 'from-variable'
  path = tmp_path / 'key'
  path.write_text('from-file\n')
  assert secret.Key(variable='MY_KEY', file=str(path)).read() == 'from-file'


def test_no_key_is_no_key(monkeypatch):
  monkeypatch.delenv('MY_KEY', raising=False)
  assert secret.Key(variable='MY_KEY').read() is None
  assert secret.Key(variable=None).read() is None


@pytest.mark.parametrize('text', ['', ' \n', 'two words', 'a\nb', 'schlüssel'])
def test_what_is_no_key_is_told_without_it(tmp_path, text):
  path = tmp_path / 'key'
  path.write_text(text, encoding='utf-8')
  with pytest.raises(ValueError, match='key') as caught:
    secret.Key(file=str(path)).read()
  assert not text.strip() or text.strip() not in str(caught.value)


def test_files_of_other_systems(tmp_path):
  path = tmp_path / 'key'
  path.write_bytes('sk-1\r\n'.encode('utf-8-sig'))
  assert secret.Key(file=str(path)).read() == 'sk-1'
  path.write_text('sk-1', encoding='utf-16')
  with pytest.raises(ValueError, match='not UTF-8'):
    secret.Key(file=str(path)).read()


@pytest.mark.parametrize('name', ['sk-abc', 'hf_AbC123', 'gsk_abc', 'A' * 65])
def test_a_key_in_place_of_its_variable_is_not_shown(name):
  with pytest.raises(ValueError, match='in capitals') as caught:
    secret.Key(variable=name)
  assert name not in str(caught.value)


def test_an_absent_file_is_told(tmp_path):
  with pytest.raises(ValueError, match='no such file'):
    secret.Key(file=str(tmp_path / 'none')).read()


def test_the_object_holds_no_key(monkeypatch):
  monkeypatch.setenv('MY_KEY', 'sk-secret')
  key = secret.Key(variable='MY_KEY')
  assert key.read() == 'sk-secret'
  assert 'sk-secret' not in repr(key)
  assert secret.hidden('Bearer sk-secret!', 'sk-secret') == 'Bearer <key>!'
  assert secret.hidden('nothing', None) == 'nothing'
