/** Intact texts of what people write and paste. */
export const expressions = [
  'fix_input_shape',
  'fold_batch_norms(is_training=False)',
  "remove_training_nodes(protected_node_patterns=['^net/.*', 'logits'])",
  'strip_unused_nodes(placeholder_type_enum=[1, 1])',
  'quantize(weight_bits=-8, activation_bits=-8, layer_bits=-16, relu_bits=8, avgpool_bits=8, avgpool_reciprocal_bits=8, ' +
    'first_layer=net/conv1/Conv2D, last_layer=net/fc/Conv2D)',
  'quantize(calibrate_quant_layers=False, max_thresholds=[net/c1/Relu_act_quant, net/c2/weights_weight_quant])',
];

export const commandLines = [
  `graffitize --in_graph a/b.pb --out_graph c.pb --inputs input --outputs net/Softmax --input_shape 224,224,3 --transforms 'fix_input_shape' \\
    'fold_batch_norms' 'remove_training_nodes' "strip_unused_nodes" preprocess_layers \\
    'quantize(weight_bits=-8, activation_bits=-8, layer_bits=-16)'`,
  'python graffitist/graffitize.pyc --in_graph $g/x.pb --out_graph y.pb --inputs=input --outputs a b --input_shape 32,32,3 --transforms fix_input_shape',
];

export const recipes = [
  {
    format: 'graffitist-recipe',
    version: 1,
    interface: { inputs: ['input'], outputs: ['net/Softmax'], shape: [224, 224, 3] },
    steps: [
      { transform: 'fix_input_shape', options: {}, bypassed: false },
      { transform: 'quantize', options: { weight_bits: -8, calibrate_quant_layers: true, max_thresholds: ['a_quant'] }, bypassed: true },
    ],
    model: { name: 'x.pb', sha256: '00ff' },
    calibration: null,
  },
].map((recipe) => JSON.stringify(recipe));
